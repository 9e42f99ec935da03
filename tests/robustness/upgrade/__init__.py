"""Upgrades under load: old and new programs side by side on one database."""
