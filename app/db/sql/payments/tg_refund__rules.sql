-- The sum of refunds is kept on the payment, under its lock, so that refunds never exceed the capture.
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
    -- skipped if the sum is unchanged: a worker's claim would lock the refund before its payment
    IF was <> becomes THEN
        UPDATE payment SET refund_total = refund_total - was + becomes WHERE id = NEW.payment_id;
    END IF;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_refund__rules() IS 'Checks the status transition and the immutable columns of a refund, and updates the payment''s sum of refunds.';
