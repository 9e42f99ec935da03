-- What a patient is to be told later is planned by the event, and goes into the outbox when it is due and still so.
CREATE OR REPLACE FUNCTION schedule_notifications(was appointment, a appointment) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
BEGIN
    IF a.version IS NOT DISTINCT FROM was.version THEN
        RETURN;
    END IF;
    -- what was planned was about an older version
    DELETE FROM scheduled_notification WHERE appointment_id = a.id;
    IF a.status = 'pending' THEN
        -- in a minute: whoever pays at once hears of the confirmation only
        PERFORM schedule_notification('appointment_held', a, at_ + interval '1 min') WHERE was.status IS DISTINCT FROM 'pending';
        PERFORM schedule_notification('hold_lapsing', a, a.hold_expires_at - (a.hold_expires_at - at_) / 3);
    ELSIF a.status = 'confirmed' THEN
        PERFORM schedule_notification('appointment_reminder', a, lower(a.during) - p.reminder_lead)
        FROM policy AS p
        WHERE lower(a.during) - p.reminder_lead > at_; -- else they have just been told
    END IF;
END
$$;
COMMENT ON FUNCTION schedule_notifications(appointment, appointment) IS
'Plans what a patient is to be told later of an appointment as it is now, in place of what was planned: until when it is held, that a third of that time is left, and that the visit is near.';

CREATE OR REPLACE FUNCTION schedule_notification(p_kind text, a appointment, p_due timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO scheduled_notification (appointment_id, kind, appointment_version, due_at) VALUES (a.id, p_kind, a.version, p_due)
$$;
COMMENT ON FUNCTION schedule_notification(text, appointment, timestamptz) IS 'Plans one mail to an appointment''s patient.';
