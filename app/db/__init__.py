"""PostgreSQL: the driver, the tables, the SQL that enforces the rules, the migrations."""
