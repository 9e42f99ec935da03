-- What to take instead: the slots nearest to a wish that whoever wished could have.
CREATE OR REPLACE FUNCTION nearest_free_slots(
    p_patient bigint, p_doctor bigint, p_start timestamptz, p_appointment bigint, p_limit integer
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT starts_at, ends_at FROM (
        SELECT starts_at, ends_at FROM (
            SELECT starts_at, ends_at FROM (
                SELECT g.starts_at, g.ends_at
                FROM doctor AS d
                CROSS JOIN LATERAL grid_slots(d, now(), now() + interval '361 hours') AS g
                WHERE d.account_id = p_doctor
                    -- asked first and once: a full doctor, after whose last slot there is a rush, refuses most of all
                    AND NOT EXISTS (
                        SELECT FROM explain_booking(p_patient, p_doctor, p_start, p_appointment) AS e
                        WHERE is_broken_at_any_start(e.rule)
                    )
                -- seconds, because an interval between far-off instants is out of range
                ORDER BY abs(extract(epoch FROM g.starts_at) - extract(epoch FROM p_start)), g.starts_at
                OFFSET 0 -- keeps the costly looks below out of the sort: they stop at the limits
            ) AS nearest_first
            WHERE NOT is_taken(p_doctor, tstzrange(starts_at, ends_at), now())
            LIMIT 50 -- whoever can have none of these has a trouble that another time does not solve
        ) AS untaken
        WHERE NOT EXISTS (SELECT FROM explain_booking(p_patient, p_doctor, starts_at, p_appointment))
        LIMIT p_limit
    ) AS nearest
    ORDER BY starts_at
$$;
COMMENT ON FUNCTION nearest_free_slots(bigint, bigint, timestamptz, bigint, integer) IS
'Up to so many slots of a doctor, nearest to an instant, in order of time, that a patient could book now, or move an appointment to.';
REVOKE EXECUTE ON FUNCTION nearest_free_slots(bigint, bigint, timestamptz, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nearest_free_slots(bigint, bigint, timestamptz, bigint, integer) TO booking_app;

CREATE OR REPLACE FUNCTION is_broken_at_any_start(rule text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rule IN ('appointment_status_transition', 'appointment_doctor_verified', 'appointment_doctor_cap')
$$;
COMMENT ON FUNCTION is_broken_at_any_start(text) IS
'Whether who breaks a rule of booking by taking one slot of a doctor would break it by taking any other.';
