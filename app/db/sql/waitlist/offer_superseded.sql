-- An offer is good until its time is over or somebody else has the slot.
CREATE OR REPLACE FUNCTION offer_superseded(o offer, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN o.status = 'superseded' THEN 'Somebody else was faster, or the slot is no more. You keep your place in line.'
        WHEN o.status = 'expired' OR o.status IN ('queued', 'sent') AND o.expires_at <= at_
            THEN format('This offer was good until %s. You keep your place in line.', utc_text(o.expires_at))
    END
$$;
COMMENT ON FUNCTION offer_superseded(offer, timestamptz) IS 'An offer is good until its time is over or somebody else has the slot. Why an offer is no longer good at an instant; NULL: it is, or was answered.';
