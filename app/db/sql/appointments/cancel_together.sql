-- Each person gets one mail, however many of their appointments are canceled together.
CREATE OR REPLACE FUNCTION cancel_together(p_actor text, p_appointments bigint[], p_reason text, p_block boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as(p_actor, CASE p_actor WHEN 'doctor' THEN doctor_of(p_appointments[1]) END);
    PERFORM set_config('booking.batch', gen_random_uuid()::text, true);
    IF p_block THEN
        -- before the cancellations, so that the canceled slots are not offered as free
        INSERT INTO time_off (doctor_id, during) SELECT doctor_id, during FROM appointment WHERE id = ANY (p_appointments);
    END IF;
    UPDATE appointment SET status = 'canceled', cancel_reason = p_reason WHERE id = ANY (p_appointments);
    PERFORM set_config('booking.batch', '', true);
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION cancel_together(text, bigint[], text, boolean) IS
'Cancels appointments of one doctor together, as an act of the doctor or of an admin. The doctor must be locked.';
