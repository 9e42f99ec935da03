CREATE OR REPLACE FUNCTION schedule_notifications(was appointment, a appointment) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
BEGIN
    IF a.version IS NOT DISTINCT FROM was.version THEN
        RETURN;
    END IF;
    -- the scheduled mails are about an older version
    DELETE FROM scheduled_notification WHERE appointment_id = a.id;
    IF a.status = 'pending' THEN
        -- delayed by a minute, so that a patient who pays at once gets only the confirmation
        PERFORM schedule_notification('appointment_held', a, at_ + interval '1 min') WHERE was.status IS DISTINCT FROM 'pending';
        PERFORM schedule_notification('hold_lapsing', a, a.hold_expires_at - (a.hold_expires_at - at_) / 3);
    ELSIF a.status = 'confirmed' THEN
        PERFORM schedule_notification('appointment_reminder', a, lower(a.during) - p.reminder_lead)
        FROM policy AS p
        WHERE lower(a.during) - p.reminder_lead > at_; -- otherwise the confirmation has just been sent
    END IF;
END
$$;
COMMENT ON FUNCTION schedule_notifications(appointment, appointment) IS
'Replaces the scheduled mails of an appointment after a change: how long it is held, that a third of that time is left, and the reminder of the visit.';

CREATE OR REPLACE FUNCTION schedule_notification(p_kind text, a appointment, p_due timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO scheduled_notification (appointment_id, kind, appointment_version, due_at) VALUES (a.id, p_kind, a.version, p_due)
$$;
COMMENT ON FUNCTION schedule_notification(text, appointment, timestamptz) IS 'Schedules one mail to the patient of an appointment.';
