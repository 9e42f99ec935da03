-- Time passes between the choice and the cancellation: an appointment that lapses or begins just then is no longer
-- to be chosen, so the whole act starts over.
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
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'An appointment has just ended or begun; try again.';
END
$$;
COMMENT ON FUNCTION cancel_chosen(text, bigint[], text, boolean) IS
'Cancels appointments of one doctor that were held a moment ago. The doctor must be locked.';
