-- Whoever must know of a change is written into the outbox by the change's own transaction.
CREATE OR REPLACE FUNCTION tg_appointment__outbox() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    is_active boolean := NEW.seat IS NOT NULL;
BEGIN
    IF booking_actor() = 'purge' THEN
        RETURN NULL; -- of which nobody need hear
    END IF;
    IF NEW.status = 'confirmed' AND (TG_OP = 'INSERT' OR OLD.status <> 'confirmed') THEN
        PERFORM notify_account('appointment_confirmed', NEW, NEW.patient_id);
        PERFORM notify_account('appointment_confirmed', NEW, NEW.doctor_id);
    ELSIF NEW.status = 'canceled' THEN
        PERFORM cancel_payments(NEW.id);
        PERFORM notify_account('appointment_canceled', NEW, NEW.patient_id);
        -- an unpaid hold was never announced to the doctor, and a doctor knows of their own cancellation
        IF OLD.status = 'confirmed' AND NEW.canceled_by <> 'doctor' THEN
            PERFORM notify_account('appointment_canceled', NEW, NEW.doctor_id);
        END IF;
    ELSIF TG_OP = 'UPDATE' AND is_active AND NEW.during <> OLD.during THEN
        PERFORM notify_account('appointment_rescheduled', NEW, NEW.patient_id, last_notified_time(NEW, NEW.patient_id, OLD.during));
        IF NEW.status = 'confirmed' AND booking_actor() <> 'doctor' THEN
            PERFORM notify_account('appointment_rescheduled', NEW, NEW.doctor_id, last_notified_time(NEW, NEW.doctor_id, OLD.during));
        END IF;
    END IF;
    PERFORM schedule_notifications(CASE WHEN TG_OP = 'UPDATE' THEN OLD END, NEW);
    IF TG_OP = 'UPDATE' AND booking_actor() IN ('doctor', 'admin') AND NEW.status <> 'completed' THEN
        -- a patient may be on the way: tell them in seconds, not at the next sweep
        PERFORM pg_notify('booking_outbox', '');
    END IF;
    -- a claim answers its patient's waiting only once it is paid for
    IF TG_OP = 'INSERT' OR NEW.status = 'confirmed' AND OLD.status <> 'confirmed' AND was_claimed(NEW.id) THEN
        PERFORM fulfil_waitlist(NEW);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_appointment__outbox() IS
'Queues the mails that a booking, a confirmation, a move or a cancellation calls for, and ends waiting that a booking answers.';

CREATE OR REPLACE FUNCTION notify_account(
    p_kind text, a appointment, p_account bigint, p_old_time tstzrange DEFAULT NULL
) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification AS n (kind, account_id, appointment_id, appointment_version, slot, batch)
    VALUES (p_kind, p_account, a.id, a.version, p_old_time, nullif(current_setting('booking.batch', true), '')::uuid)
    ON CONFLICT (batch, account_id) WHERE batch IS NOT NULL DO UPDATE SET also = n.also || excluded.appointment_id
$$;
COMMENT ON FUNCTION notify_account(text, appointment, bigint, tstzrange) IS
'Queues one mail to one account about this version of an appointment; within a batch, adds it to the account''s one mail.';

CREATE OR REPLACE FUNCTION last_notified_time(a appointment, p_account bigint, p_old_time tstzrange) RETURNS tstzrange
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        -- of several moves in a row only the last is mailed; the others are skipped as stale
        SELECT slot FROM notification
        WHERE appointment_id = a.id AND account_id = p_account AND kind = 'appointment_rescheduled'
            AND status = 'queued' AND slot <> a.during
        ORDER BY id
        LIMIT 1
    ), p_old_time)
$$;
COMMENT ON FUNCTION last_notified_time(appointment, bigint, tstzrange) IS
'The time of an appointment that an account knows of: where it was before the first move that is not mailed yet.';

CREATE OR REPLACE FUNCTION fulfil_waitlist(a appointment) RETURNS void
LANGUAGE sql AS $$
    UPDATE waitlist_entry AS w SET status = 'fulfilled'
    FROM doctor AS d
    WHERE d.account_id = a.doctor_id AND w.doctor_id = a.doctor_id AND w.patient_id = a.patient_id
        AND w.status IN ('waiting', 'offered', 'paused')
        AND (w.desired_date IS NULL OR w.desired_date = (lower(a.during) AT TIME ZONE d.timezone)::date)
$$;
COMMENT ON FUNCTION fulfil_waitlist(appointment) IS
'Ends the live waitlist entries that a patient''s new appointment answers.';

CREATE OR REPLACE FUNCTION was_claimed(p_appointment bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM offer WHERE appointment_id = p_appointment AND status = 'accepted')
$$;
COMMENT ON FUNCTION was_claimed(bigint) IS 'Whether an appointment came about by an offer.';
