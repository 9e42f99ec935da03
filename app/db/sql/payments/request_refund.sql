-- Only stores the request, in the caller's transaction. A worker sends it to PayPal, with retries.
CREATE OR REPLACE FUNCTION request_refund(p_payment bigint, p_reason text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO refund (payment_id, amount, reason)
    SELECT id, amount - refund_total, p_reason FROM payment
    WHERE id = p_payment AND status IN ('captured', 'partially_refunded') AND refund_total < amount
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION request_refund(bigint, text) IS 'Requests a refund of the part of a captured payment that is not refunded or being refunded.';

CREATE OR REPLACE FUNCTION cancel_payments(p_appointment bigint) RETURNS void
LANGUAGE sql AS $$
    SELECT request_refund(id, 'appointment_canceled') FROM payment WHERE appointment_id = p_appointment;
    UPDATE payment SET status = 'canceled' WHERE appointment_id = p_appointment AND status IN ('created', 'approved');
$$;
COMMENT ON FUNCTION cancel_payments(bigint) IS
'After an appointment was canceled: requests a full refund of what was paid, and cancels payments that are not captured yet.';
