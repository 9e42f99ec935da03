CREATE OR REPLACE FUNCTION has_waitlist(p_doctor bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM waitlist_entry WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered'))
$$;
COMMENT ON FUNCTION has_waitlist(bigint) IS 'Whether anybody waits for a doctor: all that a booking costs where nobody does.';
