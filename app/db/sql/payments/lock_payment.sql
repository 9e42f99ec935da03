CREATE OR REPLACE FUNCTION lock_payment(p_payment bigint) RETURNS payment
LANGUAGE plpgsql AS $$
DECLARE
    pay payment;
BEGIN
    -- the payment's appointment may change while this waits (retake_slot), but not its doctor
    PERFORM lock_doctor_of(appointment_id) FROM payment WHERE id = p_payment;
    SELECT * INTO pay FROM payment WHERE id = p_payment FOR NO KEY UPDATE;
    RETURN pay;
END
$$;
COMMENT ON FUNCTION lock_payment(bigint) IS
'Locks a payment''s doctor, then the payment, and returns the payment as it is then. All writers lock in this order.';
