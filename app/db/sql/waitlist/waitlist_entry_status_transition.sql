CREATE OR REPLACE FUNCTION waitlist_entry_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status = 'waiting' THEN NULL
        WHEN (old_status, new_status) IN (
            ('waiting', 'offered'), ('offered', 'waiting'), ('waiting', 'paused'), ('paused', 'waiting'),
            ('waiting', 'fulfilled'), ('offered', 'fulfilled'), ('paused', 'fulfilled'),
            ('waiting', 'left'), ('offered', 'left'), ('paused', 'left'),
            ('waiting', 'lapsed'), ('offered', 'lapsed'), ('paused', 'lapsed')
        ) THEN NULL
        WHEN old_status IS NULL THEN format('A waitlist entry cannot begin as %s.', new_status)
        ELSE format('A waitlist entry that is %s cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION waitlist_entry_status_transition(text, text) IS
'The status of a waitlist entry changes only by allowed steps, and never after the entry has ended. Returns why an entry (old status NULL: a new one) may not take a status, or NULL if it may.';
