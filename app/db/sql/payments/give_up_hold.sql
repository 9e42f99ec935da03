-- The cancellation deadline does not apply: an unpaid hold can be given up until it lapses.
CREATE OR REPLACE FUNCTION give_up_hold(p_patient bigint, p_order text) RETURNS SETOF api_payment
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
    PERFORM refuse('payment_status_transition', too_late_to_give_up(pay.appointment_id));
    PERFORM act_as('payer', p_patient);
    -- a lapsed hold is left to the sweep
    UPDATE appointment SET status = 'canceled'
    WHERE id = pay.appointment_id AND status = 'pending' AND hold_expires_at > clock_timestamp();
    UPDATE payment SET status = 'canceled' WHERE id = pay.id AND status <> 'failed';
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = pay.id;
END
$$;
COMMENT ON FUNCTION give_up_hold(bigint, text) IS
'Cancels the unpaid hold of a PayPal order, and the payment unless it has failed. Returns no row if the order is not one of the patient (account id).';
REVOKE EXECUTE ON FUNCTION give_up_hold(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_up_hold(bigint, text) TO booking_app;

CREATE OR REPLACE FUNCTION too_late_to_give_up(p_appointment bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status IN ('capturing', 'pending_review')
            THEN 'This payment is in progress. Wait until it completes, or cancel the appointment.'
        WHEN status = 'refunded' THEN 'This payment has been made and refunded.'
        WHEN refund_total > 0 THEN 'This payment has been made, and its refund is in progress.'
        ELSE 'This payment has been made. To get a refund, cancel the appointment.'
    END
    FROM payment
    -- the payment that pays the appointment: earlier ones may have failed
    WHERE appointment_id = p_appointment AND status NOT IN ('created', 'approved', 'canceled', 'failed')
    LIMIT 1
$$;
COMMENT ON FUNCTION too_late_to_give_up(bigint) IS
'Returns why an appointment''s hold can no longer be given up (it is paid or being paid), or NULL if it can.';
