"""PostgreSQL: connections, tables, the SQL of the rules, and migrations."""
