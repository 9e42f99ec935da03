"""Tests over HTTP, by feature."""
