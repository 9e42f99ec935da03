"""Upgrades while bookings go on: old and new programs side by side on one database."""
