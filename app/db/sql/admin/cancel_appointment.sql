-- The cancellation deadline of patients does not apply to an admin. Mails, refund and waitlist are the same as for other cancellations.
CREATE OR REPLACE FUNCTION admin.cancel_appointment(id bigint, reason text DEFAULT NULL, block boolean DEFAULT FALSE)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'To list a doctor''s appointments, run: SELECT * FROM admin.day_sheet WHERE doctor = ...;');
    PERFORM lock_doctor_of(p_id);
    PERFORM cancel_together('admin', ARRAY[p_id], reason, block);
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(
        SQLSTATE, rule, why, format('To see its status, run: SELECT * FROM admin.day_sheet WHERE appointment = %s;', p_id)
    );
END
$$;
COMMENT ON FUNCTION admin.cancel_appointment(bigint, text, boolean) IS
'Cancels an appointment at any time before its start. What was paid is refunded in full, the patient and the doctor get a mail (with the reason, if given), and the slot is offered to the waitlist. With block, the time becomes time off instead. Returns the appointment.';
REVOKE EXECUTE ON FUNCTION admin.cancel_appointment(bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.cancel_appointment(bigint, text, boolean) TO booking_admin;
