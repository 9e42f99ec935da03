-- The appointments of a disabled account stay: the other party relies on them, and a stolen account returns to its owner.
CREATE OR REPLACE FUNCTION admin.disable_account(id bigint, reason text) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    who text := (SELECT a.role FROM account AS a WHERE a.id = p_id);
BEGIN
    PERFORM refuse_input(
        CASE WHEN trim(coalesce(reason, '')) = '' THEN 'No reason is given.' END,
        'Pass a short reason. Other admins see it in account.disabled_reason; the owner of the account does not.'
    );
    PERFORM act_as('admin');
    -- locked before the account, as everywhere, and waits for bookings in progress
    IF who = 'doctor' THEN
        PERFORM lock_doctor(p_id);
    ELSIF who = 'patient' THEN
        PERFORM lock_patient_with_doctors(p_id);
    END IF;
    PERFORM refuse_input(
        wrong_status(p_id, 'active'),
        'To list the accounts, run: SELECT id, username, status, disabled_reason FROM account;'
    );
    UPDATE account AS a SET status = 'disabled', disabled_reason = reason WHERE a.id = p_id;
    PERFORM revoke_sessions(p_id, NULL);
    DELETE FROM account_token AS t WHERE t.account_id = p_id;
    UPDATE doctor AS d SET disabled_at = clock_timestamp() WHERE d.account_id = p_id; -- withdraws the doctor's slots on offer
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
'Disables an account: it cannot log in, and its sessions, mailed codes and links end at once. It cannot book or be booked. A disabled doctor is not listed, and their slots on offer are withdrawn. A disabled patient keeps their places in line but gets no offers. Existing appointments STAY and are returned; cancel them with admin.cancel_appointment() or admin.bulk_cancel(). Only admins see the reason.';
REVOKE EXECUTE ON FUNCTION admin.disable_account(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.disable_account(bigint, text) TO booking_admin;

CREATE OR REPLACE FUNCTION admin.enable_account(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
BEGIN
    PERFORM act_as('admin');
    PERFORM lock_doctor(d.account_id) FROM doctor AS d WHERE d.account_id = p_id;
    PERFORM refuse_input(
        wrong_status(p_id, 'disabled'),
        'To list the disabled accounts, run: SELECT id, username FROM account WHERE status = ''disabled'';'
    );
    UPDATE account AS a SET status = 'active', disabled_reason = NULL WHERE a.id = p_id;
    UPDATE doctor AS d SET disabled_at = NULL WHERE d.account_id = p_id;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION admin.enable_account(bigint) IS
'Reverses admin.disable_account(): the owner can log in again, and book or be booked. Earlier sessions, codes and links stay invalid.';
REVOKE EXECUTE ON FUNCTION admin.enable_account(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.enable_account(bigint) TO booking_admin;

CREATE OR REPLACE FUNCTION wrong_status(p_account bigint, p_status text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    RETURN CASE
        WHEN p_account IS NULL THEN 'No account is given.'
        WHEN a.id IS NULL THEN format('There is no account %s.', p_account)
        WHEN a.status <> p_status THEN format('Account %s is %s.', p_account, a.status)
    END;
END
$$;
COMMENT ON FUNCTION wrong_status(bigint, text) IS 'Locks an account. Returns why it does not have this status, or NULL if it does.';

CREATE OR REPLACE FUNCTION end_offers_of(p_patient bigint) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer AS o SET status = 'declined'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.patient_id = p_patient AND o.status IN ('queued', 'sent');
    SELECT serve_waitlist(d.account_id) FROM doctor AS d
    WHERE d.account_id IN (SELECT doctor_id FROM live_entries(p_patient)) ORDER BY d.account_id;
$$;
COMMENT ON FUNCTION end_offers_of(bigint) IS
'Ends a patient''s offers and serves the waitlists again. The doctors must be locked.';
