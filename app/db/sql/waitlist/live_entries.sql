CREATE OR REPLACE FUNCTION live_entries(p_patient bigint) RETURNS SETOF waitlist_entry
LANGUAGE sql STABLE AS $$
    SELECT * FROM waitlist_entry WHERE patient_id = p_patient AND status IN ('waiting', 'offered', 'paused') ORDER BY id
$$;
COMMENT ON FUNCTION live_entries(bigint) IS 'A patient''s waitlist entries that have not ended.';
