"""The embedded PostgreSQL and Valkey, and the processes of all components."""
