-- The one policy row, and the time zones that this PostgreSQL knows.
INSERT INTO policy DEFAULT VALUES ON CONFLICT DO NOTHING;
INSERT INTO time_zone (name)
SELECT name FROM pg_timezone_names
WHERE name !~ '^(posix|right)/' AND name NOT IN ('Factory', 'localtime', 'posixrules')
ON CONFLICT DO NOTHING;
