"""How fast it is, measured against what PostgreSQL alone could do on the same machine. `python -m bench --help`."""
