"""PostgreSQL against a model of the rules in plain Python."""
