-- What a patient is to be told later is planned by the event, and goes into the outbox when it is due and still so.
CREATE OR REPLACE FUNCTION plan_mails(was appointment, a appointment) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
BEGIN
    IF a.version IS NOT DISTINCT FROM was.version THEN
        RETURN;
    END IF;
    -- what was planned was about an older version
    DELETE FROM coming_mail WHERE appointment_id = a.id;
    IF a.status = 'pending' THEN
        -- in a minute: whoever pays at once hears of the confirmation only
        PERFORM plan_mail('appointment_held', a, at_ + interval '1 min') WHERE was.status IS DISTINCT FROM 'pending';
        PERFORM plan_mail('hold_lapsing', a, a.hold_expires_at - (a.hold_expires_at - at_) / 3);
    ELSIF a.status = 'confirmed' THEN
        PERFORM plan_mail('appointment_reminder', a, lower(a.during) - p.reminder_lead)
        FROM policy AS p
        WHERE lower(a.during) - p.reminder_lead > at_; -- else they have just been told
    END IF;
END
$$;
COMMENT ON FUNCTION plan_mails(appointment, appointment) IS
'Plans what a patient is to be told later of an appointment as it is now, in place of what was planned: until when it is held, that a third of that time is left, and that the visit is near.';

CREATE OR REPLACE FUNCTION plan_mail(p_kind text, a appointment, p_due timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO coming_mail (appointment_id, kind, appointment_version, due_at) VALUES (a.id, p_kind, a.version, p_due)
$$;
COMMENT ON FUNCTION plan_mail(text, appointment, timestamptz) IS 'Plans one mail to an appointment''s patient.';

CREATE OR REPLACE FUNCTION queue_coming_mails(p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mails integer;
BEGIN
    WITH due AS (
        SELECT appointment_id, kind FROM coming_mail
        WHERE due_at <= clock_timestamp()
        ORDER BY due_at
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED -- another worker is at it, or the appointment is changing
    ), taken AS (
        DELETE FROM coming_mail AS c USING due AS d
        WHERE c.appointment_id = d.appointment_id AND c.kind = d.kind
        RETURNING c.appointment_id, c.kind, c.appointment_version, c.due_at
    )
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version)
    SELECT t.kind, a.patient_id, a.id, t.appointment_version
    FROM taken AS t
    INNER JOIN appointment AS a ON t.appointment_id = a.id
    ORDER BY t.due_at
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS mails = ROW_COUNT;
    RETURN mails;
END
$$;
COMMENT ON FUNCTION queue_coming_mails(integer) IS
'Puts up to so many planned mails that are due into the outbox, each once; how many. Safe at any time, by any number of workers.';
REVOKE EXECUTE ON FUNCTION queue_coming_mails(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_coming_mails(integer) TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION coming_mail_stale(p_kind text, a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_kind = 'appointment_reminder' AND lower(a.during) <= at_ THEN 'the appointment has begun'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND a.hold_expires_at <= at_ THEN 'the hold has lapsed'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'the payment is being made'
    END
$$;
COMMENT ON FUNCTION coming_mail_stale(text, appointment, timestamptz) IS
'Why what was planned to be said of an appointment need not be said at an instant, although it has not changed; NULL: it is to be said.';
