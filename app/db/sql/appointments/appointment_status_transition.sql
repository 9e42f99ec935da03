-- Only legal first states and changes of status; an ended appointment never comes back to life.
CREATE OR REPLACE FUNCTION appointment_status_transition(
    old_status text, new_status text, hold_expires_at timestamptz, during tstzrange, at_ timestamptz
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('An appointment cannot begin as %s.', new_status)
        WHEN old_status IS NULL THEN NULL
        WHEN old_status IN ('completed', 'no_show') AND new_status IN ('completed', 'no_show') AND old_status <> new_status
            THEN CASE WHEN at_ > upper(during) + interval '168 hours'
                THEN 'Whether a patient came can be corrected for 7 days after the visit.' END
        WHEN old_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('This appointment is %s and can no longer be changed.', replace(old_status, '_', '-'))
        WHEN new_status = 'expired' AND old_status = 'pending'
            THEN CASE WHEN at_ < hold_expires_at THEN 'The hold on this slot has not lapsed yet.' END
        WHEN old_status = 'pending' AND at_ >= hold_expires_at
            THEN 'The hold on this slot has lapsed; it can no longer be changed.'
        WHEN new_status IN ('completed', 'no_show') AND old_status = 'confirmed'
            THEN CASE
                WHEN at_ < lower(during) THEN 'The appointment has not started yet.'
                -- as if completed when it ended: what may be said must not depend on when a sweep came by
                WHEN new_status = 'no_show' AND at_ > upper(during) + interval '168 hours'
                    THEN 'Whether a patient came can be corrected for 7 days after the visit.'
            END
        WHEN new_status = 'released' AND old_status = 'offered' THEN NULL
        WHEN at_ >= lower(during) THEN 'The appointment has already started.'
        WHEN old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('offered', 'pending'), ('offered', 'confirmed'), ('pending', 'confirmed'),
            ('pending', 'canceled'), ('confirmed', 'canceled')
        ) THEN NULL
        ELSE format('A %s appointment cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION appointment_status_transition(text, text, timestamptz, tstzrange, timestamptz) IS
'An appointment changes only by the steps of its life, and an ended one never comes back. Why an appointment (old status NULL: a new one) may not take a status at an instant; NULL: it may.';
