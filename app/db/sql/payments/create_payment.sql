-- The row is stored before the request to PayPal, so that every order at PayPal has a payment here.
CREATE OR REPLACE FUNCTION create_payment(p_patient bigint, p_appointment bigint, p_amount numeric, p_currency text)
RETURNS SETOF payment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a appointment;
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM lock_doctor_of(p_appointment);
    SELECT * INTO a FROM appointment WHERE id = p_appointment;
    -- checked here because the column would round the amount before the trigger checks it
    PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, p_amount, p_currency));
    -- a second request gets the same payment: with two orders, the patient could approve both
    RETURN QUERY SELECT * FROM payment
        WHERE appointment_id = p_appointment AND status IN ('created', 'approved')
            AND payment_appointment_payable(a, clock_timestamp()) IS NULL;
    IF NOT FOUND THEN
        PERFORM act_as('patient', p_patient);
        RETURN QUERY INSERT INTO payment (appointment_id, amount, currency)
            VALUES (p_appointment, p_amount, p_currency) RETURNING *;
        PERFORM act_as('');
    END IF;
END
$$;
COMMENT ON FUNCTION create_payment(bigint, bigint, numeric, text) IS
'Creates the payment of an appointment of a patient (account id), or returns the open one. Returns no row if the appointment is not theirs. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION create_payment(bigint, bigint, numeric, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_payment(bigint, bigint, numeric, text) TO booking_app;

CREATE OR REPLACE FUNCTION record_order(p_payment bigint, p_order text, p_approval_url text) RETURNS SETOF api_payment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- concurrent requests get the same order because they send the same PayPal-Request-Id
    UPDATE payment SET order_id = p_order, approval_url = p_approval_url WHERE id = p_payment AND order_id IS NULL;
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = p_payment;
END
$$;
COMMENT ON FUNCTION record_order(bigint, text, text) IS 'Stores the PayPal order of a payment.';
REVOKE EXECUTE ON FUNCTION record_order(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_order(bigint, text, text) TO booking_app;
