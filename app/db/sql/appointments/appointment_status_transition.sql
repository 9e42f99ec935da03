-- Only the listed first states and status changes are possible. An ended appointment never becomes active again.
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
                THEN 'The visit ended more than 7 days ago, so its status can no longer be corrected.' END
        WHEN old_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('This appointment is %s and can no longer be changed.', replace(old_status, '_', '-'))
        WHEN new_status = 'expired' AND old_status = 'pending'
            THEN CASE WHEN at_ < hold_expires_at THEN 'The hold on this slot has not lapsed yet.' END
        WHEN old_status = 'pending' AND at_ >= hold_expires_at
            THEN 'The hold on this slot has lapsed and can no longer be changed.'
        WHEN new_status IN ('completed', 'no_show') AND old_status = 'confirmed'
            THEN CASE
                WHEN at_ < lower(during) THEN 'The appointment has not started yet.'
                -- as if completed at its end, so that the answer does not depend on the time of a sweep
                WHEN new_status = 'no_show' AND at_ > upper(during) + interval '168 hours'
                    THEN 'The visit ended more than 7 days ago, so its status can no longer be corrected.'
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
'An appointment changes its status only in the defined steps, and an ended one never becomes active again. Returns why an appointment cannot take a status at an instant (old status NULL: a new appointment), or NULL.';
