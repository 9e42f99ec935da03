-- A mail that nobody could be given is seen, and can be tried again.
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
'Mails that have failed for good, and those that were tried in vain so far (due_at: when next) or are being sent.';
COMMENT ON COLUMN admin.undelivered.id IS 'The mail''s number, for admin.requeue_notification().';
COMMENT ON COLUMN admin.undelivered.kind IS 'Which mail.';
COMMENT ON COLUMN admin.undelivered.account_id IS 'Who should get it.';
COMMENT ON COLUMN admin.undelivered.appointment_id IS 'What it is about; none: the account itself.';
COMMENT ON COLUMN admin.undelivered.status IS 'failed: given up; queued: to be tried again, or being sent.';
COMMENT ON COLUMN admin.undelivered.attempts IS 'How often it was tried.';
COMMENT ON COLUMN admin.undelivered.outcome IS 'What the last attempt met.';
COMMENT ON COLUMN admin.undelivered.due_at IS 'When it is tried next.';
COMMENT ON COLUMN admin.undelivered.created_at IS 'When the event happened.';
COMMENT ON COLUMN admin.undelivered.request_id IS 'The X-Request-ID of the act that called for it, which the logs name, too.';
GRANT SELECT ON admin.undelivered TO booking_admin, booking_auditor;
