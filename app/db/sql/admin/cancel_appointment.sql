-- An admin cancels for whom a rule ties to a deadline; mails, refund and waitlist follow as from anybody's cancellation.
CREATE OR REPLACE FUNCTION admin.cancel_appointment(id bigint, reason text DEFAULT NULL, block boolean DEFAULT FALSE)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'SELECT * FROM admin.day_sheet WHERE doctor = ... shows a doctor''s appointments.');
    PERFORM lock_doctor_of(p_id);
    PERFORM cancel_together('admin', ARRAY[p_id], reason, block);
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(
        SQLSTATE, rule, why, format('SELECT * FROM admin.day_sheet WHERE appointment = %s; shows how it stands.', p_id)
    );
END
$$;
COMMENT ON FUNCTION admin.cancel_appointment(bigint, text, boolean) IS
'Cancels an appointment that has not begun, at any time before its start: what was paid goes back in full, patient and doctor are mailed (with the reason, if given), and the slot goes to the waitlist. With block the time is taken off instead. Returns the appointment.';
REVOKE EXECUTE ON FUNCTION admin.cancel_appointment(bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.cancel_appointment(bigint, text, boolean) TO booking_admin;
