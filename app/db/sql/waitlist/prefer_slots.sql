CREATE OR REPLACE FUNCTION prefer_slots(
    p_patient bigint, p_entry bigint, p_earliest time, p_latest time, p_notice_minutes integer
) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w waitlist_entry := lock_entry(p_patient, p_entry);
BEGIN
    UPDATE waitlist_entry SET earliest_time = p_earliest, latest_time = p_latest, min_notice_minutes = p_notice_minutes
    WHERE id = w.id;
    PERFORM serve_waitlist(w.doctor_id) WHERE w.id IS NOT NULL;
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = w.id;
END
$$;
COMMENT ON FUNCTION prefer_slots(bigint, bigint, time, time, integer) IS
'Sets the preferences of a waitlist entry of a patient (account id): the times of the doctor''s day at which a slot may start, and the minimum notice. Existing offers stay. Returns no row if the entry is not theirs.';
REVOKE EXECUTE ON FUNCTION prefer_slots(bigint, bigint, time, time, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prefer_slots(bigint, bigint, time, time, integer) TO booking_app;
