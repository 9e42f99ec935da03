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
'The free slots of a doctor that are reserved for the waitlist: their hold has lapsed or their visit has ended, and the sweep offers them within seconds.';

CREATE OR REPLACE FUNCTION reserved_times(p_doctor bigint, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    owed tstzrange[] := reserved_slots(p_doctor, at_);
BEGIN
    -- if the reserved slots use up the doctor's last seats, no slot can be booked
    IF cardinality(owed) > 0 AND (SELECT max_appointments FROM doctor WHERE account_id = p_doctor)
        <= active_appointments(p_doctor, at_) + cardinality(owed)
    THEN
        RETURN ARRAY['(,)'::tstzrange];
    END IF;
    RETURN owed;
END
$$;
COMMENT ON FUNCTION reserved_times(bigint, timestamptz) IS
'The times in which a doctor''s free slots cannot be booked, because the slot or the seat that it needs is reserved for the waitlist.';
