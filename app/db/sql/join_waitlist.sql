-- A patient waits for a slot with a doctor who is full.
CREATE OR REPLACE FUNCTION join_waitlist(p_patient integer, p_doctor integer, p_date date)
RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    new_id integer;
BEGIN
    PERFORM act_as('patient');
    INSERT INTO waitlist_entry (doctor_id, patient_id, desired_date)
    VALUES (p_doctor, p_patient, p_date)
    RETURNING id INTO new_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = new_id;
END
$$;
COMMENT ON FUNCTION join_waitlist(integer, integer, date) IS
'Puts a patient on a doctor''s waitlist for a day in the doctor''s zone, or any day if NULL. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION join_waitlist(integer, integer, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_waitlist(integer, integer, date) TO booking_app;
