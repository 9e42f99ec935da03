-- A refund is requested, perhaps pending at PayPal, and then completed or failed. What failed is not asked for again: to the
-- same request PayPal gives the same answer, so that only another refund can follow.
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
'A refund only goes forward. Why a refund (old status NULL: a new one) may not take a status; NULL: it may.';
