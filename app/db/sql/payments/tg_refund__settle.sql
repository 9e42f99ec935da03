CREATE OR REPLACE FUNCTION tg_refund__settle() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    back numeric := (SELECT sum(amount) FROM refund WHERE payment_id = NEW.payment_id AND status = 'completed');
BEGIN
    UPDATE payment SET status = CASE WHEN back = amount THEN 'refunded' ELSE 'partially_refunded' END
    WHERE id = NEW.payment_id;
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'refund_completed', a.patient_id, a.id, a.version, p.id
    FROM payment AS p
    INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE p.id = NEW.payment_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_refund__settle() IS 'Sets the payment''s status after a completed refund, and queues a mail to the patient.';
