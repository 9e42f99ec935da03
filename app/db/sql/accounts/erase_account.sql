-- Deleting an account first cancels its future appointments, under the usual rules. Afterwards only the id remains.
CREATE OR REPLACE FUNCTION erase_patient(p_patient bigint, p_password_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT is_password(p_patient, p_password_hash) THEN
        RETURN false;
    END IF;
    PERFORM lock_patient_with_doctors(p_patient);
    PERFORM cancel_as_patient(p_patient, id) FROM upcoming_appointments(p_patient);
    PERFORM leave_waitlist(p_patient, id) FROM live_entries(p_patient);
    PERFORM erase_account(p_patient, p_password_hash, 'patient');
    UPDATE patient SET full_name = 'Former patient', phone = '', timezone = 'UTC' WHERE account_id = p_patient;
    RETURN true;
END
$$;
COMMENT ON FUNCTION erase_patient(bigint, text) IS
'Cancels a patient''s (account id) appointments, leaves the waitlists and erases the personal data. Returns false if this is not the current password hash. Raises the broken rule, such as appointment_cancel_notice.';
REVOKE EXECUTE ON FUNCTION erase_patient(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_patient(bigint, text) TO booking_app;

CREATE OR REPLACE FUNCTION erase_doctor(p_doctor bigint, p_password_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT is_password(p_doctor, p_password_hash) THEN
        RETURN false;
    END IF;
    PERFORM lock_doctor(p_doctor);
    -- before the cancellations, so that no slot is offered as free
    DELETE FROM working_hours WHERE doctor_id = p_doctor;
    DELETE FROM time_off WHERE doctor_id = p_doctor;
    PERFORM cancel_chosen(
        'doctor',
        ARRAY(SELECT id FROM held_appointments(p_doctor, clock_timestamp()) ORDER BY id),
        'The doctor no longer takes appointments here.', false
    );
    PERFORM serve_waitlist(p_doctor); -- withdraws the doctor's open offers
    PERFORM act_as('doctor', p_doctor);
    PERFORM end_waitlist_entries(p_doctor);
    PERFORM erase_account(p_doctor, p_password_hash, 'doctor');
    UPDATE doctor SET
        full_name = 'Former doctor', phone = '', specialty = '', experience_years = 0, timezone = 'UTC', max_appointments = 0,
        verified_at = NULL
    WHERE account_id = p_doctor;
    RETURN true;
END
$$;
COMMENT ON FUNCTION erase_doctor(bigint, text) IS
'Cancels a doctor''s (account id) appointments, ends the waitlist and erases the personal data. Returns false if this is not the current password hash.';
REVOKE EXECUTE ON FUNCTION erase_doctor(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_doctor(bigint, text) TO booking_app;

CREATE OR REPLACE FUNCTION is_password(p_account bigint, p_password_hash text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND password_hash = p_password_hash AND status = 'active')
$$;
COMMENT ON FUNCTION is_password(bigint, text) IS 'Whether an active account has this password hash.';

CREATE OR REPLACE FUNCTION end_waitlist_entries(p_doctor bigint) RETURNS void
LANGUAGE sql AS $$
    WITH ended AS (
        UPDATE waitlist_entry SET status = 'lapsed'
        WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered', 'paused')
        RETURNING id, patient_id
    )
    INSERT INTO notification (kind, account_id, waitlist_entry_id, snapshot)
    SELECT 'waiting_ended', e.patient_id, min(e.id), jsonb_build_object('doctor', d.full_name)
    FROM ended AS e
    INNER JOIN doctor AS d ON d.account_id = p_doctor
    GROUP BY e.patient_id, d.full_name
$$;
COMMENT ON FUNCTION end_waitlist_entries(bigint) IS 'Ends the waitlist entries for a doctor who is leaving, and notifies the patients. The doctor must be locked.';

-- Queued mails need names and addresses that are erased here, so each keeps a copy until it is sent.
CREATE OR REPLACE FUNCTION erase_account(p_account bigint, p_password_hash text, p_role text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a account;
    full_name text := coalesce(
        (SELECT d.full_name FROM doctor AS d WHERE d.account_id = p_account),
        (SELECT p.full_name FROM patient AS p WHERE p.account_id = p_account)
    );
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account AND password_hash = p_password_hash AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The password has just been changed. Try again.';
    END IF;
    UPDATE notification SET status = 'skipped', outcome = 'the account is erased', snapshot = NULL
    WHERE account_id = p_account AND status = 'queued' AND created_at < now();
    INSERT INTO notification (kind, account_id) VALUES ('account_erased', p_account);
    UPDATE notification SET snapshot = jsonb_build_object('email', a.email, 'recipient', full_name)
    WHERE account_id = p_account AND status = 'queued';
    UPDATE notification AS n SET snapshot = coalesce(n.snapshot, '{}') || jsonb_build_object(p_role, full_name)
    FROM appointment AS o
    WHERE n.appointment_id = o.id AND n.status = 'queued' AND (o.doctor_id = p_account OR o.patient_id = p_account);
    PERFORM clear_cancel_reasons(p_account);
    DELETE FROM refresh_token WHERE account_id = p_account;
    DELETE FROM account_token WHERE account_id = p_account;
    DELETE FROM calendar_feed WHERE account_id = p_account;
    DELETE FROM receipt WHERE account_id = p_account;
    PERFORM act_as(p_role, p_account);
    UPDATE account SET
        status = 'erased',
        generation = generation + 1,
        username = NULL,
        email = NULL,
        email_verified_at = NULL,
        pending_email = NULL,
        password_hash = NULL
    WHERE id = p_account;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION erase_account(bigint, text, text) IS
'Erases an account except its id, revokes its logins and skips its queued mails, except those about the erasure. Its appointments and waitlist entries must have ended.';

CREATE OR REPLACE FUNCTION clear_cancel_reasons(p_account bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as('purge');
    -- except the reasons of this transaction, which are not mailed yet
    UPDATE appointment SET cancel_reason = NULL
    WHERE (doctor_id = p_account OR patient_id = p_account) AND cancel_reason IS NOT NULL AND updated_at < now();
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION clear_cancel_reasons(bigint) IS 'Removes the reasons for which an account''s appointments were canceled.';

CREATE OR REPLACE FUNCTION not_cancelable(p_patient bigint) RETURNS SETOF api_appointment
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT api.*
    FROM upcoming_appointments(p_patient) AS a
    INNER JOIN api_appointment AS api ON a.id = api.id
    WHERE appointment_cancel_notice('patient', a.cancel_deadline, clock_timestamp()) IS NOT NULL
    ORDER BY api.appointment_date, api.id
$$;
COMMENT ON FUNCTION not_cancelable(bigint) IS 'The future appointments that a patient can no longer cancel. They prevent the deletion of the account.';
REVOKE EXECUTE ON FUNCTION not_cancelable(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION not_cancelable(bigint) TO booking_app;
