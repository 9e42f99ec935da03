-- The alternatives for a refused booking: the nearest slots that the patient can book.
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
                    -- evaluated once, and first: most refusals come from full doctors
                    AND NOT EXISTS (
                        SELECT FROM explain_booking(p_patient, p_doctor, p_start, p_appointment) AS e
                        WHERE is_broken_at_any_start(e.rule)
                    )
                -- in seconds, because an interval between distant instants is out of range
                ORDER BY abs(extract(epoch FROM g.starts_at) - extract(epoch FROM p_start)), g.starts_at
                OFFSET 0 -- keeps the expensive conditions below out of the sort, so that they stop at the limits
            ) AS nearest_first
            WHERE NOT is_taken(p_doctor, tstzrange(starts_at, ends_at), now())
            LIMIT 50 -- if none of these can be booked, the refusal does not depend on the time
        ) AS untaken
        WHERE NOT EXISTS (SELECT FROM explain_booking(p_patient, p_doctor, starts_at, p_appointment))
        LIMIT p_limit
    ) AS nearest
    ORDER BY starts_at
$$;
COMMENT ON FUNCTION nearest_free_slots(bigint, bigint, timestamptz, bigint, integer) IS
'The slots of a doctor that a patient can book now, or move an appointment to: those nearest to an instant, up to a number, in order of time.';
REVOKE EXECUTE ON FUNCTION nearest_free_slots(bigint, bigint, timestamptz, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nearest_free_slots(bigint, bigint, timestamptz, bigint, integer) TO booking_app;

CREATE OR REPLACE FUNCTION is_broken_at_any_start(rule text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rule IN ('appointment_status_transition', 'appointment_doctor_verified', 'appointment_doctor_cap')
$$;
COMMENT ON FUNCTION is_broken_at_any_start(text) IS
'Whether breaking a rule with one slot of a doctor means breaking it with every other slot.';
