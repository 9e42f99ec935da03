CREATE OR REPLACE FUNCTION tg_payment__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
    a appointment;
BEGIN
    PERFORM refuse(
        'payment_status_transition',
        payment_status_transition(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status)
    );
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('payment_immutable', payment_immutable(OLD, NEW, pg_trigger_depth() = 1));
    END IF;
    SELECT * INTO a FROM appointment WHERE id = NEW.appointment_id;
    IF TG_OP = 'INSERT' OR NEW.appointment_id <> OLD.appointment_id THEN
        PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, NEW.amount, NEW.currency));
    END IF;
    IF TG_OP = 'INSERT' OR NEW.status = 'capturing' AND OLD.status <> 'capturing' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, at_));
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := at_;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
        NEW.updated_at := at_;
        NEW.due_at := next_look(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status, NEW.due_at, at_);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_payment__rules() IS
'Checks the rules of a payment that a constraint cannot express, and sets its times and the next check.';

CREATE OR REPLACE FUNCTION next_look(old_status text, new_status text, due_at timestamptz, at_ timestamptz)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        -- by then the process that captures it has finished or died
        WHEN new_status = 'capturing' THEN at_ + interval '60 s'
        -- a webhook event arrived during a check, and may be newer than what the check found
        WHEN due_at <= at_ THEN due_at
        ELSE at_ + CASE
            WHEN new_status = 'created' THEN interval '30 s' -- the payer may approve and never return to the site
            WHEN new_status = 'approved' THEN interval '0 s'
            WHEN new_status = 'pending_review' THEN interval '10 min'
            -- a capture that seemed to fail may still have been made
            WHEN new_status = 'failed' AND old_status = 'capturing' THEN interval '10 min'
        END
    END
$$;
COMMENT ON FUNCTION next_look(text, text, timestamptz, timestamptz) IS
'When the worker checks a payment at PayPal after a change of its status, or NULL if no check is needed.';
