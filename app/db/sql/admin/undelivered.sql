CREATE OR REPLACE VIEW admin.undelivered AS
SELECT
    n.id,
    n.kind,
    n.account_id,
    n.appointment_id,
    n.status,
    n.attempts,
    n.outcome,
    n.due_at,
    n.created_at,
    n.request_id
FROM notification AS n
WHERE n.status = 'failed' OR (n.status = 'queued' AND n.attempts > 0);
COMMENT ON VIEW admin.undelivered IS
'Mails that have failed permanently, and queued mails that were attempted before (due_at is the next attempt) or are being sent.';
COMMENT ON COLUMN admin.undelivered.id IS 'The mail id, for admin.requeue_notification().';
COMMENT ON COLUMN admin.undelivered.kind IS 'The kind of mail.';
COMMENT ON COLUMN admin.undelivered.account_id IS 'The account id of the recipient.';
COMMENT ON COLUMN admin.undelivered.appointment_id IS 'The appointment that the mail is about; NULL for a mail about the account or a waitlist entry.';
COMMENT ON COLUMN admin.undelivered.status IS 'failed (no more attempts) or queued (waiting for the next attempt, or being sent).';
COMMENT ON COLUMN admin.undelivered.attempts IS 'The number of attempts.';
COMMENT ON COLUMN admin.undelivered.outcome IS 'Why the last attempt failed.';
COMMENT ON COLUMN admin.undelivered.due_at IS 'When the next attempt is due.';
COMMENT ON COLUMN admin.undelivered.created_at IS 'When the mail was queued.';
COMMENT ON COLUMN admin.undelivered.request_id IS 'The X-Request-ID of the request that caused the mail, as in the logs.';
GRANT SELECT ON admin.undelivered TO booking_admin, booking_auditor;
