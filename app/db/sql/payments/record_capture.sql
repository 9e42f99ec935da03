CREATE OR REPLACE FUNCTION record_capture(
    p_payment bigint, p_capture text, p_status text, p_amount numeric, p_currency text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    CASE
        WHEN p_status IN ('REFUNDED', 'PARTIALLY_REFUNDED') AND pay.refund_total > 0 THEN
            NULL; -- a refund of ours, which is checked on its own
        WHEN pay.status IN ('captured', 'partially_refunded', 'refunded') THEN
            -- COMPLETED is known, and PENDING is an answer from before the capture completed
            UPDATE payment SET attention = format('PayPal reports that capture %s is %s.', p_capture, p_status)
            WHERE id = p_payment AND p_status NOT IN ('COMPLETED', 'PENDING');
        WHEN p_status IN ('DECLINED', 'FAILED') THEN
            PERFORM end_capture(pay);
        WHEN (pay.amount, pay.currency::text) IS DISTINCT FROM (p_amount, p_currency) THEN
            UPDATE payment SET attention = format(
                'PayPal captured %s, which is not the amount of this payment (capture %s).',
                money_text(p_amount, p_currency), p_capture
            )
            WHERE id = p_payment;
        WHEN p_status = 'COMPLETED' THEN
            PERFORM settle_capture(pay, p_capture);
        WHEN p_status = 'PENDING' THEN
            PERFORM await_review(pay, p_capture);
        ELSE
            UPDATE payment SET attention = format('PayPal reports that capture %s is %s.', p_capture, p_status)
            WHERE id = p_payment;
    END CASE;
END
$$;
COMMENT ON FUNCTION record_capture(bigint, text, text, numeric, text) IS
'Records a PayPal capture with its PayPal status, all in one transaction: confirms the appointment, keeps it held under review, ends the payment, or requests a refund if the slot is gone.';
REVOKE EXECUTE ON FUNCTION record_capture(bigint, text, text, numeric, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_capture(bigint, text, text, numeric, text) TO booking_app;

CREATE OR REPLACE FUNCTION settle_capture(pay payment, p_capture text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        UPDATE payment SET status = 'captured', capture_id = p_capture, attention = NULL WHERE id = pay.id;
        PERFORM confirm_paid(pay);
    EXCEPTION WHEN check_violation OR exclusion_violation OR unique_violation THEN
        -- the slot is gone or already paid, so the money is refunded
        UPDATE payment SET status = 'captured', capture_id = p_capture, without_slot = true, attention = NULL
        WHERE id = pay.id;
        PERFORM request_refund(pay.id, 'slot_lost');
        INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
        SELECT 'refund_requested', patient_id, id, version, pay.id FROM appointment WHERE id = pay.appointment_id
        ON CONFLICT DO NOTHING;
    END;
END
$$;
COMMENT ON FUNCTION settle_capture(payment, text) IS
'After a capture: confirms the appointment, or requests a full refund and queues a mail to the patient.';

CREATE OR REPLACE FUNCTION confirm_paid(pay payment) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET status = 'confirmed' WHERE id = a.id;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION confirm_paid(payment) IS
'Confirms the appointment of a payment, and books its slot again if the hold has lapsed. Raises the broken rule.';

CREATE OR REPLACE FUNCTION await_review(pay payment, p_capture text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    hold_end timestamptz;
BEGIN
    IF pay.status = 'pending_review' THEN
        RETURN;
    END IF;
    UPDATE payment SET status = 'pending_review', capture_id = p_capture WHERE id = pay.id;
    hold_end := hold_for_capture(pay, clock_timestamp() + make_interval(hours => (SELECT review_hours FROM policy)));
    UPDATE payment SET hold_expires_at = hold_end WHERE id = pay.id AND pay.status <> 'capturing';
EXCEPTION
    WHEN unique_violation THEN
        UPDATE payment SET attention = format('PayPal is reviewing a second payment for this appointment (capture %s).', p_capture)
        WHERE id = pay.id;
    WHEN check_violation OR exclusion_violation THEN
        -- the slot is gone: settle_capture() requests a refund if PayPal takes the money
        UPDATE payment SET status = 'pending_review', capture_id = p_capture WHERE id = pay.id;
END
$$;
COMMENT ON FUNCTION await_review(payment, text) IS
'While PayPal reviews a capture: holds the slot, if it is still available, for at most policy.review_hours.';

CREATE OR REPLACE FUNCTION end_capture(pay payment) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF pay.status IN ('capturing', 'pending_review') THEN
        PERFORM end_hold_extension(pay);
        UPDATE payment SET status = 'failed' WHERE id = pay.id;
    END IF;
END
$$;
COMMENT ON FUNCTION end_capture(payment) IS 'Ends a payment that PayPal did not capture. Does nothing unless it was being captured or reviewed.';
