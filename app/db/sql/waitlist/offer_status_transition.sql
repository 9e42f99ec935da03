-- An offer that is queued or sent ends once: as accepted, declined, expired or superseded.
CREATE OR REPLACE FUNCTION offer_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (old_status, new_status) = ('queued', 'sent') THEN NULL
        WHEN old_status IN ('queued', 'sent') AND new_status IN ('accepted', 'declined', 'expired', 'superseded') THEN NULL
        ELSE format('An offer that is %s cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION offer_status_transition(text, text) IS 'An offer is answered, or ends, once. Returns why an offer may not take a status, or NULL if it may.';
