"""Performance measurements, compared with PostgreSQL alone on the same machine. See `python -m bench --help`."""
