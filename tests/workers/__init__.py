"""Tests of the worker with PostgreSQL, Redis and an SMTP server."""
