-- Money is taken only for a slot that is held: the hold is extended first, or a lapsed one taken again.
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
        UPDATE payment SET status = 'failed', attention = 'PayPal''s order is not the one that was made for this payment.'
        WHERE id = p_payment;
        rule := 'payment_amount_matches_fee';
        why := 'The order at PayPal is not this payment''s.';
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
'Before a capture: checks PayPal''s order against the payment, secures the slot, and returns the PayPal-Request-Id to capture with; or the rule in the way, and nothing may be captured. No row: somebody else is at it, or it is done.';
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
'Before a capture that was cut short is asked for once more: secures the slot anew, which may be gone by now. Returns what begin_capture() does. No row: it is done.';
REVOKE EXECUTE ON FUNCTION resume_capture(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_capture(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION capture_time() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT interval '10 min'
$$;
COMMENT ON FUNCTION capture_time() IS 'Longer than a capture takes, with all that is tried again.';

CREATE OR REPLACE FUNCTION give_up_capture(pay payment) RETURNS void
LANGUAGE sql AS $$
    UPDATE payment SET status = CASE pay.status WHEN 'capturing' THEN 'failed' ELSE 'canceled' END WHERE id = pay.id;
    -- whoever approved the order may believe that they have paid; of a cancellation they are told by that
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'payment_too_late', patient_id, id, version, pay.id FROM appointment
    WHERE id = pay.appointment_id
        AND appointment_status(status, hold_expires_at, upper(during), clock_timestamp()) = 'expired'
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION give_up_capture(payment) IS 'Ends a payment of which nothing was taken, and tells the patient.';
