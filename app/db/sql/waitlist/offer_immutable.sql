CREATE OR REPLACE FUNCTION offer_immutable(was offer, becomes offer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (was.id, was.appointment_id, was.waitlist_entry_id, was.wave, was.expires_at, was.created_at)
            <> (becomes.id, becomes.appointment_id, becomes.waitlist_entry_id, becomes.wave, becomes.expires_at, becomes.created_at)
            THEN 'Only the status of an offer can be changed.'
    END
$$;
COMMENT ON FUNCTION offer_immutable(offer, offer) IS
'The slot, waitlist entry, wave and expiry of an offer never change. Returns why one row may not become the other, or NULL if it may.';
