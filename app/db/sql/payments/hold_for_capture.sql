CREATE OR REPLACE FUNCTION hold_for_capture(pay payment, p_until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
BEGIN
    -- for a pending appointment, tg_payment__rules() checks that no other payment is being captured
    IF a.status <> 'pending' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, clock_timestamp()));
    END IF;
    PERFORM extend_hold(a.id, greatest(a.hold_expires_at, p_until));
    RETURN a.hold_expires_at;
END
$$;
COMMENT ON FUNCTION hold_for_capture(payment, timestamptz) IS
'Holds a payment''s slot until an instant while the money is being captured. Returns when the hold would have ended otherwise. Raises the broken rule.';

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
'Returns the appointment of a payment, and books its slot again if the hold has lapsed. Raises the broken rule.';

CREATE OR REPLACE FUNCTION extend_hold(p_appointment bigint, p_until timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET hold_expires_at = p_until WHERE id = p_appointment AND status = 'pending';
    IF NOT FOUND THEN
        -- a booking of its patient with another doctor, which does not lock this one, has just retired the hold
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The hold has just ended. Try again.';
    END IF;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION extend_hold(bigint, timestamptz) IS
'Sets the end of a live hold for a payment that is being captured. Never extends it beyond the start.';

CREATE OR REPLACE FUNCTION retake_slot(pay payment) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    new_id bigint;
BEGIN
    -- the waitlist has priority over a lapsed hold
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = pay.appointment_id AND has_waitlist(doctor_id);
    PERFORM act_as('payment');
    -- before the hold is retired: otherwise a concurrent booking of the same patient could deadlock with this
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
'Books a payment''s slot again after its hold has lapsed, moves the payment to the new appointment, and returns its id. Raises the broken rule.';
