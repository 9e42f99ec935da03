"""Whole stories against running processes."""
