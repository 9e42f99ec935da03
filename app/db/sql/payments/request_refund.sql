-- A refund is requested in the transaction that calls for it, and performed by a worker, as often as it takes.
CREATE OR REPLACE FUNCTION request_refund(p_payment bigint, p_reason text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO refund (payment_id, amount, reason)
    SELECT id, amount - refund_total, p_reason FROM payment
    WHERE id = p_payment AND status IN ('captured', 'partially_refunded') AND refund_total < amount
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION request_refund(bigint, text) IS 'Has everything paid back that was captured and is not on its way back.';

CREATE OR REPLACE FUNCTION cancel_payments(p_appointment bigint) RETURNS void
LANGUAGE sql AS $$
    SELECT request_refund(id, 'appointment_canceled') FROM payment WHERE appointment_id = p_appointment;
    UPDATE payment SET status = 'canceled' WHERE appointment_id = p_appointment AND status IN ('created', 'approved');
$$;
COMMENT ON FUNCTION cancel_payments(bigint) IS
'An appointment is canceled: what was paid goes back in full, what was not paid yet is no longer payable.';
