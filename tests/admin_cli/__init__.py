"""Tests of the commands for operators and admins."""
