-- With another request id, PayPal could make the same refund twice.
CREATE OR REPLACE FUNCTION refund_immutable(was refund, becomes refund) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'These columns of a refund cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('payment_id', was.payment_id <> becomes.payment_id),
        ('amount', was.amount <> becomes.amount),
        ('request_id', was.request_id <> becomes.request_id),
        ('paypal_id', was.paypal_id <> becomes.paypal_id OR becomes.paypal_id IS NULL AND was.paypal_id IS NOT NULL),
        ('created_at', was.created_at <> becomes.created_at)
    ) AS changes (name, changed)
    WHERE changed
$$;
COMMENT ON FUNCTION refund_immutable(refund, refund) IS
'The payment, amount and PayPal ids of a refund never change. Returns why one row may not become the other, or NULL if it may.';
