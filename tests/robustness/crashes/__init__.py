"""Processes killed at every step of a payment."""
