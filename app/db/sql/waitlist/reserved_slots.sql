CREATE OR REPLACE FUNCTION reserved_slots(p_doctor bigint, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT has_waitlist(p_doctor) THEN
        RETURN ARRAY[]::tstzrange[];
    END IF;
    RETURN ARRAY(
        SELECT p.slot FROM doctor AS d CROSS JOIN LATERAL offer_plan(d, NULL, at_) AS p
        WHERE d.account_id = p_doctor AND active_appointments(p_doctor, at_) < d.max_appointments
            AND p.appointment_id IS NULL
    );
END
$$;
COMMENT ON FUNCTION reserved_slots(bigint, timestamptz) IS
'The slots of a doctor that are free but belong to the waitlist, because the clock has just freed them: the sweep will offer them within seconds.';

CREATE OR REPLACE FUNCTION reserved_times(p_doctor bigint, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    owed tstzrange[] := reserved_slots(p_doctor, at_);
BEGIN
    -- the last seats are theirs, too
    IF cardinality(owed) > 0 AND (SELECT max_appointments FROM doctor WHERE account_id = p_doctor)
        <= active_appointments(p_doctor, at_) + cardinality(owed)
    THEN
        RETURN ARRAY['(,)'::tstzrange];
    END IF;
    RETURN owed;
END
$$;
COMMENT ON FUNCTION reserved_times(bigint, timestamptz) IS
'The times in which nobody can book a free slot of a doctor, because it, or the seat that it takes, belongs to the waitlist.';
