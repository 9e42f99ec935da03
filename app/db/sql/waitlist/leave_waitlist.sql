CREATE OR REPLACE FUNCTION leave_waitlist(p_patient bigint, p_entry bigint) RETURNS SETOF api_waitlist_entry
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'left')
$$;
COMMENT ON FUNCTION leave_waitlist(bigint, bigint) IS
'Ends a waitlist entry of a patient (account id). Returns no row if it is not theirs. Raises the broken rule if it has ended.';
REVOKE EXECUTE ON FUNCTION leave_waitlist(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leave_waitlist(bigint, bigint) TO booking_app;

CREATE OR REPLACE FUNCTION pause_waitlist(p_patient bigint, p_entry bigint) RETURNS SETOF api_waitlist_entry
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'paused')
$$;
COMMENT ON FUNCTION pause_waitlist(bigint, bigint) IS
'Pauses a waitlist entry of a patient (account id): it keeps its place and gets no offers. Returns no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION pause_waitlist(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pause_waitlist(bigint, bigint) TO booking_app;

CREATE OR REPLACE FUNCTION resume_waitlist(p_patient bigint, p_entry bigint) RETURNS SETOF api_waitlist_entry
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'waiting')
$$;
COMMENT ON FUNCTION resume_waitlist(bigint, bigint) IS
'Resumes a paused waitlist entry of a patient (account id). Returns no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION resume_waitlist(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_waitlist(bigint, bigint) TO booking_app;

CREATE OR REPLACE FUNCTION change_entry_status(p_patient bigint, p_entry bigint, p_status text) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql AS $$
DECLARE
    w waitlist_entry := lock_entry(p_patient, p_entry);
BEGIN
    IF w.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'declined'
    WHERE waitlist_entry_id = w.id AND status IN ('queued', 'sent') AND p_status <> 'waiting';
    -- an entry with an offer is not paused, so there is nothing to resume
    UPDATE waitlist_entry SET status = p_status WHERE id = w.id AND NOT (status = 'offered' AND p_status = 'waiting');
    PERFORM serve_waitlist(w.doctor_id);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = w.id;
END
$$;
COMMENT ON FUNCTION change_entry_status(bigint, bigint, text) IS
'Changes the status of a patient''s waitlist entry, ends its offer, and serves the waitlist again. Returns no row if it is not theirs.';

CREATE OR REPLACE FUNCTION lock_entry(p_patient bigint, p_entry bigint) RETURNS waitlist_entry
LANGUAGE plpgsql AS $$
DECLARE
    w waitlist_entry;
BEGIN
    SELECT * INTO w FROM waitlist_entry WHERE id = p_entry AND patient_id = p_patient;
    PERFORM FROM doctor WHERE account_id = w.doctor_id FOR NO KEY UPDATE;
    SELECT * INTO w FROM waitlist_entry WHERE id = w.id;
    RETURN w;
END
$$;
COMMENT ON FUNCTION lock_entry(bigint, bigint) IS
'Locks the doctor of a patient''s waitlist entry and returns the entry, or NULL if it is not theirs.';
