-- A disabled account is logged out at once and everywhere. Its appointments stay: the other party relies on them, and an
-- account that a thief has used returns to its owner.
CREATE OR REPLACE FUNCTION admin.disable_account(id bigint, reason text) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    who text := (SELECT a.role FROM account AS a WHERE a.id = p_id);
BEGIN
    PERFORM refuse_input(
        CASE WHEN trim(coalesce(reason, '')) = '' THEN 'Why? No reason is given.' END,
        'Say it in a few words: other admins see it in account.disabled_reason, its owner does not.'
    );
    PERFORM act_as('admin');
    -- before the account, as everywhere; whoever is just booking is waited for
    IF who = 'doctor' THEN
        PERFORM lock_doctor(p_id);
    ELSIF who = 'patient' THEN
        PERFORM lock_patient_with_doctors(p_id);
    END IF;
    PERFORM refuse_input(wrong_status(p_id, 'active'), 'SELECT id, username, status, disabled_reason FROM account; shows who there is.');
    UPDATE account AS a SET status = 'disabled', disabled_reason = reason WHERE a.id = p_id;
    PERFORM revoke_sessions(p_id, NULL);
    DELETE FROM account_token AS t WHERE t.account_id = p_id;
    UPDATE doctor AS d SET disabled_at = clock_timestamp() WHERE d.account_id = p_id; -- which takes back what is on offer
    PERFORM end_offers_of(p_id);
    PERFORM act_as('');
    RETURN QUERY
        SELECT api.* FROM api_appointment AS api
        WHERE api.id IN (SELECT h.id FROM held_appointments(p_id, clock_timestamp()) AS h)
            OR api.id IN (SELECT u.id FROM upcoming_appointments(p_id) AS u)
        ORDER BY api.appointment_date, api.id;
END
$$;
COMMENT ON FUNCTION admin.disable_account(bigint, text) IS
'Shuts an account out: it cannot log in, all its logins, mailed codes and links end at once, and nothing new is booked with or by it. A disabled doctor is not listed and what was on offer is withdrawn; a disabled patient keeps their places in line, and is offered nothing. What is booked already STAYS and is returned: end it by admin.cancel_appointment() or admin.bulk_cancel(). The reason is for admins alone.';
REVOKE EXECUTE ON FUNCTION admin.disable_account(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.disable_account(bigint, text) TO booking_admin;

CREATE OR REPLACE FUNCTION admin.enable_account(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
BEGIN
    PERFORM act_as('admin');
    PERFORM lock_doctor(d.account_id) FROM doctor AS d WHERE d.account_id = p_id;
    PERFORM refuse_input(wrong_status(p_id, 'disabled'), 'SELECT id, username FROM account WHERE status = ''disabled''; shows whom this is for.');
    UPDATE account AS a SET status = 'active', disabled_reason = NULL WHERE a.id = p_id;
    UPDATE doctor AS d SET disabled_at = NULL WHERE d.account_id = p_id;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION admin.enable_account(bigint) IS
'Undoes admin.disable_account(): its owner may log in anew, as nothing of before is good any more, and book or be booked.';
REVOKE EXECUTE ON FUNCTION admin.enable_account(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.enable_account(bigint) TO booking_admin;

CREATE OR REPLACE FUNCTION wrong_status(p_account bigint, p_status text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    RETURN CASE
        WHEN p_account IS NULL THEN 'Which account? None is given.'
        WHEN a.id IS NULL THEN format('There is no account %s.', p_account)
        WHEN a.status <> p_status THEN format('Account %s is %s.', p_account, a.status)
    END;
END
$$;
COMMENT ON FUNCTION wrong_status(bigint, text) IS 'Locks an account and says why it is not one of this status; NULL: it is.';

CREATE OR REPLACE FUNCTION end_offers_of(p_patient bigint) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer AS o SET status = 'declined'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.patient_id = p_patient AND o.status IN ('queued', 'sent');
    SELECT serve_waitlist(d.account_id) FROM doctor AS d
    WHERE d.account_id IN (SELECT doctor_id FROM live_entries(p_patient)) ORDER BY d.account_id;
$$;
COMMENT ON FUNCTION end_offers_of(bigint) IS
'Ends what is offered to a patient, and offers it to the others in line. The doctors must be locked.';
