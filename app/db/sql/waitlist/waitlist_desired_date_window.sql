CREATE OR REPLACE FUNCTION waitlist_desired_date_window(d doctor, desired_date date, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN desired_date NOT BETWEEN first_day AND last_day
            THEN format('The desired date must be from %s to %s.', first_day, last_day)
    END
    FROM (
        SELECT
            (at_ AT TIME ZONE d.timezone)::date AS first_day,
            ((at_ + interval '360 hours') AT TIME ZONE d.timezone)::date AS last_day
    ) AS w
$$;
COMMENT ON FUNCTION waitlist_desired_date_window(doctor, date, timestamptz) IS
'The desired date of a waitlist entry lies within the next 15 days, in the doctor''s time zone. Returns why a day is not allowed at an instant, or NULL if it is or no day is given.';
