"""Tests that need programs which Python packages do not contain, such as nginx and Chromium: `./task test:system`.

A missing program is a failure, never a skip.
"""
