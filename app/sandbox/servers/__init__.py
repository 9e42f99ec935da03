"""Embedded PostgreSQL and Valkey, and how their processes start and end."""
