"""Helpers, grouped by what they stand for."""
