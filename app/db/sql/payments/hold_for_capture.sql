CREATE OR REPLACE FUNCTION hold_for_capture(pay payment, p_until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
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

CREATE OR REPLACE FUNCTION appointment_to_pay(pay payment) RETURNS appointment
LANGUAGE plpgsql AS $$
DECLARE
    held_id bigint := pay.appointment_id;
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
COMMENT ON FUNCTION appointment_to_pay(payment) IS
'The appointment that a payment is for, its slot taken again if the hold has lapsed. Raises the rule that is in the way.';

CREATE OR REPLACE FUNCTION extend_hold(p_appointment bigint, p_until timestamptz) RETURNS void
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
COMMENT ON FUNCTION extend_hold(bigint, timestamptz) IS
'Sets the end of a live hold, for a payment that is being taken; never beyond the start.';

CREATE OR REPLACE FUNCTION retake_slot(pay payment) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    new_id bigint;
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
