-- A patient stops waiting.
CREATE OR REPLACE FUNCTION leave_waitlist(p_patient integer, p_entry integer) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM act_as('patient');
    UPDATE waitlist_entry SET status = 'left' WHERE id = p_entry AND patient_id = p_patient;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = p_entry AND patient = p_patient;
END
$$;
COMMENT ON FUNCTION leave_waitlist(integer, integer) IS
'Ends a patient''s (account id) waitlist entry; no row if it is not theirs. Raises the broken rule if it has ended.';
REVOKE EXECUTE ON FUNCTION leave_waitlist(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leave_waitlist(integer, integer) TO booking_app;
