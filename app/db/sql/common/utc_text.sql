-- Messages show instants in the format of the API.
CREATE OR REPLACE FUNCTION utc_text(instant timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
COMMENT ON FUNCTION utc_text(timestamptz) IS 'An instant as ISO 8601 in UTC, to the second.';
