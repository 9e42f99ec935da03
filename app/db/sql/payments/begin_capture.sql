-- Money is captured only for a held slot: the hold is extended before the capture, or the slot is booked again if it has lapsed.
CREATE OR REPLACE FUNCTION begin_capture(
    p_payment bigint, p_payer text, p_amount numeric, p_currency text, p_reference text
) RETURNS TABLE (request_id uuid, rule text, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
    hold_end timestamptz;
BEGIN
    IF pay.status NOT IN ('created', 'approved') THEN
        RETURN;
    END IF;
    IF (pay.amount, pay.currency::text, pay.reference::text) IS DISTINCT FROM (p_amount, p_currency, p_reference) THEN
        UPDATE payment SET status = 'failed', attention = 'The PayPal order does not match this payment.'
        WHERE id = p_payment;
        rule := 'payment_amount_matches_fee';
        why := 'The PayPal order does not match this payment. Start a new payment.';
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE payment SET status = 'approved', payer_id = p_payer WHERE id = p_payment;
    BEGIN
        hold_end := hold_for_capture(pay, clock_timestamp() + capture_time());
        UPDATE payment SET status = 'capturing', capture_request_id = gen_random_uuid(), hold_expires_at = hold_end
        WHERE id = p_payment
        RETURNING capture_request_id INTO request_id;
    EXCEPTION WHEN check_violation OR exclusion_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
        PERFORM give_up_capture(pay);
    END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION begin_capture(bigint, text, numeric, text, text) IS
'Prepares a capture: checks PayPal''s order against the payment, and extends the hold. Returns the PayPal-Request-Id to capture with, or the rule that forbids the capture. Returns no row if the payment is being captured elsewhere or has ended.';
REVOKE EXECUTE ON FUNCTION begin_capture(bigint, text, numeric, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_capture(bigint, text, numeric, text, text) TO booking_app;

CREATE OR REPLACE FUNCTION resume_capture(p_payment bigint) RETURNS TABLE (request_id uuid, rule text, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    IF pay.status IS DISTINCT FROM 'capturing' THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM hold_for_capture(pay, clock_timestamp() + capture_time());
        request_id := pay.capture_request_id;
    EXCEPTION WHEN check_violation OR exclusion_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
        PERFORM give_up_capture(pay);
    END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION resume_capture(bigint) IS
'Prepares to repeat a capture that was interrupted: extends the hold again, or books the slot again if it has lapsed. Returns the same as begin_capture(), and no row if the capture is done.';
REVOKE EXECUTE ON FUNCTION resume_capture(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_capture(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION capture_time() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT interval '10 min'
$$;
COMMENT ON FUNCTION capture_time() IS 'How long a slot is held for a capture: longer than a capture takes with all its retries.';

CREATE OR REPLACE FUNCTION give_up_capture(pay payment) RETURNS void
LANGUAGE sql AS $$
    UPDATE payment SET status = CASE pay.status WHEN 'capturing' THEN 'failed' ELSE 'canceled' END WHERE id = pay.id;
    -- the patient approved the order and may think that it is paid; after a cancellation, the mail about that is enough
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'payment_too_late', patient_id, id, version, pay.id FROM appointment
    WHERE id = pay.appointment_id
        AND appointment_status(status, hold_expires_at, upper(during), clock_timestamp()) = 'expired'
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION give_up_capture(payment) IS 'Ends a payment that was not captured, and queues a mail to the patient if the hold has lapsed.';
