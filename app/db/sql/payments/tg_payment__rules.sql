-- What a payment may be and become, and when the worker asks PayPal about it next.
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
'Applies every rule of a payment that a constraint cannot declare, and sets the columns that nobody else may.';

CREATE OR REPLACE FUNCTION next_look(old_status text, new_status text, due_at timestamptz, at_ timestamptz)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        -- by the end of the pause whoever is taking it has ended or died
        WHEN new_status = 'capturing' THEN at_ + interval '60 s'
        -- news came while what was news before was being looked at: it may be of later
        WHEN due_at <= at_ THEN due_at
        ELSE at_ + CASE
            WHEN new_status = 'created' THEN interval '30 s' -- whoever approves may never come back to say so
            WHEN new_status = 'approved' THEN interval '0 s'
            WHEN new_status = 'pending_review' THEN interval '10 min'
            -- a capture that was asked for and seemed lost may still have been made
            WHEN new_status = 'failed' AND old_status = 'capturing' THEN interval '10 min'
        END
    END
$$;
COMMENT ON FUNCTION next_look(text, text, timestamptz, timestamptz) IS
'When the worker asks PayPal about a payment that has just changed its status; NULL: there is nothing to ask.';
