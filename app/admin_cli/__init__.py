"""Commands for operators and admins: check, psql, logins, backup and restore."""
