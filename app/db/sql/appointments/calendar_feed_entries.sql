-- A private link shows an account's appointments to calendar programs. A new link replaces the old one. Only its hash is stored.
CREATE OR REPLACE FUNCTION open_calendar_feed(p_account bigint, p_token bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO calendar_feed (account_id, token_hash)
    -- locked, so that a concurrent erasure leaves no link
    SELECT id, p_token FROM account WHERE id = p_account AND status = 'active' FOR NO KEY UPDATE
    ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = clock_timestamp()
$$;
COMMENT ON FUNCTION open_calendar_feed(bigint, bytea) IS
'Sets the calendar link of an active account to the token with this SHA-256.';
REVOKE EXECUTE ON FUNCTION open_calendar_feed(bigint, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_calendar_feed(bigint, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION close_calendar_feed(p_account bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM calendar_feed WHERE account_id = p_account
$$;
COMMENT ON FUNCTION close_calendar_feed(bigint) IS 'Deletes an account''s calendar link, if there is one.';
REVOKE EXECUTE ON FUNCTION close_calendar_feed(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_calendar_feed(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION calendar_feed_entries(p_token bytea)
RETURNS TABLE (uid uuid, version integer, starts_at timestamptz, ends_at timestamptz, status text, with_whom text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT
        a.calendar_uid,
        a.version,
        lower(a.during),
        upper(a.during),
        appointment_status(a.status, a.hold_expires_at, upper(a.during), now()),
        CASE WHEN a.doctor_id = f.account_id THEN p.full_name ELSE d.full_name END
    FROM calendar_feed AS f
    INNER JOIN account AS o ON f.account_id = o.id AND o.status = 'active'
    LEFT JOIN appointment AS a ON (f.account_id = a.doctor_id OR f.account_id = a.patient_id)
        AND appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) IN ('pending', 'confirmed', 'completed')
        AND lower(a.during) > now() - interval '720 hours'
    LEFT JOIN doctor AS d ON a.doctor_id = d.account_id
    LEFT JOIN patient AS p ON a.patient_id = p.account_id
    WHERE f.token_hash = p_token
    ORDER BY lower(a.during)
$$;
COMMENT ON FUNCTION calendar_feed_entries(bytea) IS
'The entries of the calendar link with this token (SHA-256): appointments with a patient, in the future and of the last 30 days (720 hours). One row of NULLs if there are none; no row without such a link.';
REVOKE EXECUTE ON FUNCTION calendar_feed_entries(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calendar_feed_entries(bytea) TO booking_app;
