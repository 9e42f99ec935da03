CREATE OR REPLACE FUNCTION queue_scheduled_notifications(p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mails integer;
BEGIN
    WITH due AS (
        SELECT appointment_id, kind FROM scheduled_notification
        WHERE due_at <= clock_timestamp()
        ORDER BY due_at
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED -- taken by another worker, or the appointment is changing
    ), taken AS (
        DELETE FROM scheduled_notification AS c USING due AS d
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
COMMENT ON FUNCTION queue_scheduled_notifications(integer) IS
'Moves up to p_limit scheduled mails that are due into the outbox, each once, and returns their number. Safe to run at any time and by several workers.';
REVOKE EXECUTE ON FUNCTION queue_scheduled_notifications(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_scheduled_notifications(integer) TO booking_app, booking_admin;
