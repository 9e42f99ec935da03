-- Refunds are added up on their payment, under its lock, so that they never exceed the capture.
CREATE OR REPLACE FUNCTION tg_refund__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was numeric := CASE WHEN TG_OP = 'UPDATE' AND OLD.status <> 'failed' THEN OLD.amount ELSE 0 END;
    becomes numeric := CASE WHEN NEW.status <> 'failed' THEN NEW.amount ELSE 0 END;
BEGIN
    PERFORM refuse(
        'refund_status_transition',
        refund_status_transition(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status)
    );
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('refund_immutable', refund_immutable(OLD, NEW));
    END IF;
    -- not if it stays as it is: a worker's claim would lock the refund before its payment
    IF was <> becomes THEN
        UPDATE payment SET refund_total = refund_total - was + becomes WHERE id = NEW.payment_id;
    END IF;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_refund__rules() IS 'Transition, what never changes, and the payment''s sum of refunds.';

CREATE OR REPLACE TRIGGER tg_refund__rules
BEFORE INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_refund__rules();
COMMENT ON TRIGGER tg_refund__rules ON refund IS 'Transition, what never changes, and payment_refund_within_capture by the payment''s sum.';

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
COMMENT ON FUNCTION tg_refund__settle() IS 'Says on the payment how much went back, and tells the patient.';

CREATE OR REPLACE TRIGGER tg_refund__settle
AFTER UPDATE ON refund
FOR EACH ROW WHEN (new.status = 'completed' AND old.status <> 'completed')
EXECUTE FUNCTION tg_refund__settle();
COMMENT ON TRIGGER tg_refund__settle ON refund IS 'A completed refund changes its payment and is mailed.';
