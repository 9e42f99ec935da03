"""The worker against real PostgreSQL, Redis and SMTP."""
