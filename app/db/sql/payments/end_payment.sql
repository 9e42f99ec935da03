CREATE OR REPLACE FUNCTION end_hold_extension(pay payment) RETURNS void
LANGUAGE sql AS $$
    SELECT extend_hold(pay.appointment_id, pay.hold_expires_at)
    FROM appointment
    WHERE id = pay.appointment_id AND status = 'pending' AND hold_expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION end_hold_extension(payment) IS 'After an unsuccessful capture, sets the end of the hold back to what it was before.';

CREATE OR REPLACE FUNCTION record_decline(p_payment bigint, p_request uuid, p_approval_url text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    -- only for the attempt that was declined: another one may be running by now
    IF pay.status = 'capturing' AND pay.capture_request_id = p_request THEN
        PERFORM end_hold_extension(pay);
        UPDATE payment SET status = 'created', approval_url = coalesce(p_approval_url, approval_url) WHERE id = p_payment;
    END IF;
END
$$;
COMMENT ON FUNCTION record_decline(bigint, uuid, text) IS
'Reopens a payment after the payment method was declined. The payer can choose another one at the approval URL until the hold ends.';
REVOKE EXECUTE ON FUNCTION record_decline(bigint, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_decline(bigint, uuid, text) TO booking_app;

CREATE OR REPLACE FUNCTION end_payment(p_payment bigint, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    IF pay.status IN ('created', 'approved', 'capturing') THEN
        PERFORM end_hold_extension(pay) WHERE pay.status = 'capturing';
        UPDATE payment SET status = 'failed', attention = p_why WHERE id = p_payment;
    END IF;
END
$$;
COMMENT ON FUNCTION end_payment(bigint, text) IS 'Ends a payment that PayPal refuses permanently. A reason (may be NULL) shows it in payment_attention.';
REVOKE EXECUTE ON FUNCTION end_payment(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_payment(bigint, text) TO booking_app;
