-- A moved appointment keeps its id, seat, fee and payment. Window, hours and overlaps are checked again.
CREATE OR REPLACE FUNCTION move_appointment(p_appointment bigint, p_start timestamptz) RETURNS void
LANGUAGE sql AS $$
    UPDATE appointment AS a
    SET during = tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes))
    FROM doctor AS d
    WHERE a.id = p_appointment AND d.account_id = a.doctor_id
$$;
COMMENT ON FUNCTION move_appointment(bigint, timestamptz) IS 'Moves an appointment to the slot that starts at an instant.';
