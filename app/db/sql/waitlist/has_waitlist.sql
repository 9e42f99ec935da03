CREATE OR REPLACE FUNCTION has_waitlist(p_doctor bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM waitlist_entry WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered'))
$$;
COMMENT ON FUNCTION has_waitlist(bigint) IS 'Whether a doctor has entries that are waiting or offered. A booking with a doctor without a waitlist runs only this query.';
