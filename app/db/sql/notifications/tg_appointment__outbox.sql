-- Mails are queued in the transaction of the change, so that neither exists without the other.
CREATE OR REPLACE FUNCTION tg_appointment__outbox() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    is_active boolean := NEW.seat IS NOT NULL;
BEGIN
    IF booking_actor() = 'purge' THEN
        RETURN NULL; -- the purge of old data sends no mails
    END IF;
    IF NEW.status = 'confirmed' AND (TG_OP = 'INSERT' OR OLD.status <> 'confirmed') THEN
        PERFORM notify_account('appointment_confirmed', NEW, NEW.patient_id);
        PERFORM notify_account('appointment_confirmed', NEW, NEW.doctor_id);
    ELSIF NEW.status = 'canceled' THEN
        PERFORM cancel_payments(NEW.id);
        PERFORM notify_account('appointment_canceled', NEW, NEW.patient_id);
        -- no mail to the doctor about an unpaid hold, which was never announced, or about their own cancellation
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
        -- the patient may be on the way, so the mail must not wait for the next sweep
        PERFORM pg_notify('booking_outbox', '');
    END IF;
    -- a claimed slot ends the waitlist entry only when it is paid
    IF TG_OP = 'INSERT' OR NEW.status = 'confirmed' AND OLD.status <> 'confirmed' AND was_claimed(NEW.id) THEN
        PERFORM fulfil_waitlist(NEW);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_appointment__outbox() IS
'Queues the mails about a confirmation, a move or a cancellation, and ends the waitlist entries that a booking fulfils.';

CREATE OR REPLACE FUNCTION notify_account(
    p_kind text, a appointment, p_account bigint, p_old_time tstzrange DEFAULT NULL
) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification AS n (kind, account_id, appointment_id, appointment_version, slot, batch)
    VALUES (p_kind, p_account, a.id, a.version, p_old_time, nullif(current_setting('booking.batch', true), '')::uuid)
    ON CONFLICT (batch, account_id) WHERE batch IS NOT NULL DO UPDATE SET also = n.also || excluded.appointment_id
$$;
COMMENT ON FUNCTION notify_account(text, appointment, bigint, tstzrange) IS
'Queues one mail to one account about this version of an appointment. In a batch, adds the appointment to the account''s mail instead.';

CREATE OR REPLACE FUNCTION last_notified_time(a appointment, p_account bigint, p_old_time tstzrange) RETURNS tstzrange
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        -- of several moves in a row, only the mail about the last is sent; the others are skipped as stale
        SELECT slot FROM notification
        WHERE appointment_id = a.id AND account_id = p_account AND kind = 'appointment_rescheduled'
            AND status = 'queued' AND slot <> a.during
        ORDER BY id
        LIMIT 1
    ), p_old_time)
$$;
COMMENT ON FUNCTION last_notified_time(appointment, bigint, tstzrange) IS
'The time of an appointment that was last mailed to an account: the time before the first move whose mail is not sent yet.';

CREATE OR REPLACE FUNCTION fulfil_waitlist(a appointment) RETURNS void
LANGUAGE sql AS $$
    UPDATE waitlist_entry AS w SET status = 'fulfilled'
    FROM doctor AS d
    WHERE d.account_id = a.doctor_id AND w.doctor_id = a.doctor_id AND w.patient_id = a.patient_id
        AND w.status IN ('waiting', 'offered', 'paused')
        AND (w.desired_date IS NULL OR w.desired_date = (lower(a.during) AT TIME ZONE d.timezone)::date)
$$;
COMMENT ON FUNCTION fulfil_waitlist(appointment) IS
'Ends a patient''s live waitlist entries that a new appointment fulfils.';

CREATE OR REPLACE FUNCTION was_claimed(p_appointment bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM offer WHERE appointment_id = p_appointment AND status = 'accepted')
$$;
COMMENT ON FUNCTION was_claimed(bigint) IS 'Whether an appointment was booked by accepting an offer.';
