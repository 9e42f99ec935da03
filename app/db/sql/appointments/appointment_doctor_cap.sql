-- A doctor has at most max_appointments active appointments, and never more than 30.
CREATE OR REPLACE FUNCTION appointment_doctor_cap(active integer, d doctor) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN active >= least(d.max_appointments, 30)
            THEN format(
                'This doctor is full, with %s of at most %s active appointments. Join the waitlist to get an email when a slot opens.',
                active, d.max_appointments
            )
    END
$$;
COMMENT ON FUNCTION appointment_doctor_cap(integer, doctor) IS
'Returns why a doctor with this number of other active appointments cannot take another one, or NULL.';
