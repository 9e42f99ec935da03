-- A failed refund is not retried: PayPal gives the same answer to the same request. Only a new refund can follow.
CREATE OR REPLACE FUNCTION refund_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status <> 'requested' THEN format('A refund cannot begin as %s.', new_status)
        WHEN old_status IS NULL OR old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('requested', 'pending'), ('requested', 'completed'), ('requested', 'failed'),
            ('pending', 'completed'), ('pending', 'failed')
        ) THEN NULL
        ELSE format('A refund that is %s cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION refund_status_transition(text, text) IS
'The status of a refund changes only by allowed steps. Returns why a refund (old status NULL: a new one) may not take a status, or NULL if it may.';
