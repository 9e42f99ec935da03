-- A schedule change returns the appointments that it would strand, or cancels them in the same transaction. Constraints check the rest.
CREATE OR REPLACE FUNCTION settle_affected(p_affected bigint[], p_reason text, p_cancel boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql AS $$
BEGIN
    IF p_cancel THEN
        PERFORM cancel_chosen('doctor', p_affected, p_reason, false);
    END IF;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (p_affected) ORDER BY appointment_date, id;
END
$$;
COMMENT ON FUNCTION settle_affected(bigint[], text, boolean) IS
'Returns the appointments that a schedule change affects, and cancels them if the call says so.';
