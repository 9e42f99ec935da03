-- Money is taken only for a slot that is held: the hold is extended first, or a lapsed one taken again.
CREATE OR REPLACE FUNCTION begin_capture(
    p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text
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
COMMENT ON FUNCTION begin_capture(integer, text, numeric, text, text) IS
'Before a capture: checks PayPal''s order against the payment, secures the slot, and returns the PayPal-Request-Id to capture with; or the rule in the way, and nothing may be captured. No row: somebody else is at it, or it is done.';
REVOKE EXECUTE ON FUNCTION begin_capture(integer, text, numeric, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_capture(integer, text, numeric, text, text) TO booking_app;

CREATE OR REPLACE FUNCTION resume_capture(p_payment integer) RETURNS TABLE (request_id uuid, rule text, why text)
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
COMMENT ON FUNCTION resume_capture(integer) IS
'Before a capture that was cut short is asked for once more: secures the slot anew, which may be gone by now. Returns what begin_capture() does. No row: it is done.';
REVOKE EXECUTE ON FUNCTION resume_capture(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_capture(integer) TO booking_app;

CREATE OR REPLACE FUNCTION capture_time() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT interval '10 min'
$$;
COMMENT ON FUNCTION capture_time() IS 'Longer than a capture takes, with all that is tried again.';

CREATE OR REPLACE FUNCTION hold_for_capture(pay payment, p_until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    a appointment := held_appointment(pay);
BEGIN
    -- whether another payment is being taken is asked where this one begins to be
    IF a.status <> 'pending' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, clock_timestamp()));
    END IF;
    PERFORM extend_hold(a.id, greatest(a.hold_expires_at, p_until));
    RETURN a.hold_expires_at;
END
$$;
COMMENT ON FUNCTION hold_for_capture(payment, timestamptz) IS
'Makes sure that a payment''s slot is held until an instant, for the money is being taken, and returns when the hold would have ended. Raises the rule that is in the way.';

CREATE OR REPLACE FUNCTION held_appointment(pay payment) RETURNS appointment
LANGUAGE plpgsql AS $$
DECLARE
    held_id integer := pay.appointment_id;
    a appointment;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = held_id;
    IF appointment_status(a.status, a.hold_expires_at, upper(a.during), clock_timestamp()) = 'expired' THEN
        held_id := retake_slot(pay);
        SELECT * INTO a FROM appointment WHERE id = held_id;
    END IF;
    RETURN a;
END
$$;
COMMENT ON FUNCTION held_appointment(payment) IS
'The appointment that a payment is for, its slot taken again if the hold has lapsed. Raises the rule that is in the way.';

CREATE OR REPLACE FUNCTION extend_hold(p_appointment integer, p_until timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET hold_expires_at = p_until WHERE id = p_appointment AND status = 'pending';
    IF NOT FOUND THEN
        -- its patient's booking elsewhere, which need not lock this doctor, has just retired it
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The hold has just ended; try again.';
    END IF;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION extend_hold(integer, timestamptz) IS
'Sets the end of a live hold, for a payment that is being taken; never beyond the start.';

CREATE OR REPLACE FUNCTION retake_slot(pay payment) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    new_id integer;
BEGIN
    -- a lapsed hold's place is the waitlist's first
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = pay.appointment_id AND has_waitlist(doctor_id);
    PERFORM act_as('payment');
    -- before the hold is retired: its patient, who is booking elsewhere, would wait for that, and we for them
    UPDATE patient SET booking_seq = booking_seq + 1
    WHERE account_id = (SELECT patient_id FROM appointment WHERE id = pay.appointment_id);
    PERFORM retire_appointments(doctor_id, patient_id, clock_timestamp()) FROM appointment WHERE id = pay.appointment_id;
    INSERT INTO appointment (doctor_id, patient_id, during)
    SELECT doctor_id, patient_id, during FROM appointment WHERE id = pay.appointment_id AND status = 'expired'
    RETURNING id INTO new_id;
    UPDATE payment SET appointment_id = new_id WHERE id = pay.id;
    PERFORM act_as('');
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION retake_slot(payment) IS
'Books a payment''s slot again after its hold has lapsed, has the payment pay for that, and returns its id. Raises the rule that is in the way.';

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
