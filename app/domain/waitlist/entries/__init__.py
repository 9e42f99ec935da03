"""Waitlist entries: join, leave, pause, preferences."""
