-- What is offered, to whom, in which wave and until when never changes.
CREATE OR REPLACE FUNCTION offer_immutable(was offer, becomes offer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (was.id, was.appointment_id, was.waitlist_entry_id, was.wave, was.expires_at, was.created_at)
            <> (becomes.id, becomes.appointment_id, becomes.waitlist_entry_id, becomes.wave, becomes.expires_at, becomes.created_at)
            THEN 'Only the status of an offer changes.'
    END
$$;
COMMENT ON FUNCTION offer_immutable(offer, offer) IS
'What is offered, to whom, in which wave and until when never changes. Why one row may not become the other; NULL: nothing that must stay has changed.';
