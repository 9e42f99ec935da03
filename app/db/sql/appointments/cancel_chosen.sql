-- An appointment may lapse or start between its choice and its cancellation. It must then not be canceled, so the whole
-- transaction is retried.
CREATE OR REPLACE FUNCTION cancel_chosen(p_actor text, p_appointments bigint[], p_reason text, p_block boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    PERFORM cancel_together(p_actor, p_appointments, p_reason, p_block);
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
    IF rule <> 'appointment_status_transition' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'An appointment has just ended or started. Try again.';
END
$$;
COMMENT ON FUNCTION cancel_chosen(text, bigint[], text, boolean) IS
'Cancels appointments of one doctor that patients held a moment ago. The doctor must be locked.';
