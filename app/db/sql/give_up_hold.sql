-- A patient who will not pay gives the slot back at once, however near its start.
CREATE OR REPLACE FUNCTION give_up_hold(p_patient integer, p_order text) RETURNS SETOF api_payment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment;
BEGIN
    SELECT p.* INTO pay FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE p.order_id = p_order AND a.patient_id = p_patient;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    pay := lock_payment(pay.id);
    IF pay.status NOT IN ('created', 'approved', 'canceled') THEN
        PERFORM refuse('payment_status_transition', payment_status_transition(pay.status, 'canceled'));
    END IF;
    PERFORM act_as('payer');
    -- not one that has lapsed, which needs no giving up, nor one for which another payment is being taken
    UPDATE appointment AS a SET status = 'canceled'
    WHERE id = pay.appointment_id AND payment_appointment_payable(a, clock_timestamp()) IS NULL;
    UPDATE payment SET status = 'canceled' WHERE id = pay.id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = pay.id;
END
$$;
COMMENT ON FUNCTION give_up_hold(integer, text) IS
'Cancels the unpaid hold that a PayPal order was to pay, and the payment; no row if it is not the patient''s (account id).';
REVOKE EXECUTE ON FUNCTION give_up_hold(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_up_hold(integer, text) TO booking_app;
