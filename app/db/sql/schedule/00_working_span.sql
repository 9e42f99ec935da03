CREATE TYPE working_span AS (
    starts_at timestamptz, ends_at timestamptz, local_start timestamp, local_end timestamp
);
COMMENT ON TYPE working_span IS 'An interval of working hours on one day, as instants and in the doctor''s local time.';
