CREATE OR REPLACE FUNCTION offer_superseded(o offer, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN o.status = 'superseded' THEN 'This slot is no longer available. You keep your place in line.'
        WHEN o.status = 'expired' OR o.status IN ('queued', 'sent') AND o.expires_at <= at_
            THEN format('This offer expired at %s. You keep your place in line.', utc_text(o.expires_at))
    END
$$;
COMMENT ON FUNCTION offer_superseded(offer, timestamptz) IS 'An offer can be accepted until it expires or another patient gets the slot. Returns why an offer can no longer be accepted at an instant, or NULL if it can or was already answered.';
