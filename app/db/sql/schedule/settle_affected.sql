-- What a change of the schedule would strand is named, or canceled and told in the same transaction; the rest is the constraints'.
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
'Cancels what a change of the schedule affects if so told, and returns it.';
