CREATE OR REPLACE VIEW notification_message AS
SELECT
    n.id,
    n.kind,
    n.message_id,
    calendar_entries(a.id || n.also) AS calendar,
    coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) AS email,
    -- an unverified address may belong to a stranger, who must not get a greeting that the account holder chose
    CASE WHEN n.kind <> 'email_verification' THEN coalesce(n.snapshot ->> 'recipient', rd.full_name, rp.full_name) END AS recipient,
    coalesce(rd.timezone, rp.timezone) AS timezone,
    r.role AS recipient_role,
    coalesce(n.snapshot ->> 'doctor', d.full_name) AS doctor,
    coalesce(n.snapshot ->> 'patient', p.full_name) AS patient,
    lower(a.during) AS starts_at,
    upper(a.during) AS ends_at,
    lower(n.slot) AS moved_from,
    array(SELECT lower(o.during) FROM appointment AS o WHERE o.id = any(n.also) ORDER BY 1) AS also_canceled,
    a.cancel_deadline,
    a.hold_expires_at,
    a.canceled_by,
    a.cancel_reason,
    n.request_id,
    money_text(pay.amount, pay.currency) AS payment,
    refunds_of(a.id || n.also) AS refunds,
    r.status = 'erased' AS recipient_erased,
    account_token_lifetime(n.kind) AS code_lifetime,
    f.id AS offer_id,
    f.expires_at AS offer_expires_at,
    money_text(a.fee, a.currency) AS fee,
    money_text(paid.amount, paid.currency) AS paid,
    paid.capture_id,
    w.id AS waitlist_entry,
    w.position,
    w.desired_date
FROM notification AS n
INNER JOIN account AS r ON n.account_id = r.id
LEFT JOIN doctor AS rd ON r.id = rd.account_id
LEFT JOIN patient AS rp ON r.id = rp.account_id
LEFT JOIN appointment AS a ON n.appointment_id = a.id
LEFT JOIN api_waitlist_entry AS w ON n.waitlist_entry_id = w.id
LEFT JOIN doctor AS d ON coalesce(a.doctor_id, w.doctor) = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN payment AS pay ON n.payment_id = pay.id
LEFT JOIN payment AS paid
    ON
        a.id = paid.appointment_id AND NOT paid.without_slot
        AND paid.status IN ('captured', 'partially_refunded', 'refunded') -- one at most: payment_one_capture
LEFT JOIN offer AS f ON n.offer_id = f.id;
COMMENT ON VIEW notification_message IS 'The data for the templates of mails. The appointment columns are NULL in a mail about an account.';
GRANT SELECT ON notification_message TO booking_app;
