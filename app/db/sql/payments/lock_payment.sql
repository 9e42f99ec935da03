-- A payment is locked after its doctor, like everything that touches an appointment.
CREATE OR REPLACE FUNCTION lock_payment(p_payment bigint) RETURNS payment
LANGUAGE plpgsql AS $$
DECLARE
    pay payment;
BEGIN
    -- its appointment may change, when a lapsed hold is taken again, but not the doctor
    PERFORM lock_doctor_of(appointment_id) FROM payment WHERE id = p_payment;
    SELECT * INTO pay FROM payment WHERE id = p_payment FOR NO KEY UPDATE;
    RETURN pay;
END
$$;
COMMENT ON FUNCTION lock_payment(bigint) IS
'Locks a payment''s doctor, then the payment, and returns it as it stands after the wait.';
