-- pending_review and captured are allowed even after canceled or failed: PayPal has taken the money, or is about to take it.
CREATE OR REPLACE FUNCTION payment_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status <> 'created' THEN format('A payment cannot begin as %s.', new_status)
        WHEN old_status IS NULL OR old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('created', 'approved'), ('approved', 'capturing'),
            ('capturing', 'created'), -- the payment method was declined; the payer can choose another one
            ('created', 'canceled'), ('approved', 'canceled'),
            ('created', 'failed'), ('approved', 'failed'), ('capturing', 'failed'), ('pending_review', 'failed'),
            ('captured', 'partially_refunded'), ('captured', 'refunded'), ('partially_refunded', 'refunded')
        ) THEN NULL
        WHEN new_status IN ('pending_review', 'captured') AND old_status NOT IN ('captured', 'partially_refunded', 'refunded')
            THEN NULL
        ELSE format('A payment that is %s cannot become %s.', replace(old_status, '_', ' '), replace(new_status, '_', ' '))
    END
$$;
COMMENT ON FUNCTION payment_status_transition(text, text) IS
'The status of a payment changes only by allowed steps. Returns why a payment (old status NULL: a new one) may not take a status, or NULL if it may.';
