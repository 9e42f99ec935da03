-- Personal data is deleted 30 days (720 hours) after its last use, and expired codes at once. docs/privacy.md lists how long
-- each column is kept. A call handles a limited number of rows, so that it holds no lock for long.
CREATE OR REPLACE FUNCTION purge_personal_data(p_limit integer DEFAULT 5000) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before timestamptz := clock_timestamp() - interval '720 hours';
BEGIN
    RETURN purge_reasons(before, p_limit) + purge_mails(before, p_limit) + purge_payments(before, p_limit) + purge_codes(before, p_limit);
END
$$;
COMMENT ON FUNCTION purge_personal_data(integer) IS
'Deletes personal data that has not been needed for 30 days, at most p_limit rows of each kind. Returns the number of rows, 0 when none is left.';
REVOKE EXECUTE ON FUNCTION purge_personal_data(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_personal_data(integer) TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION purge_reasons(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    reasons integer;
    absences integer;
BEGIN
    PERFORM act_as('purge');
    UPDATE appointment SET cancel_reason = NULL WHERE id IN (
        SELECT id FROM appointment WHERE cancel_reason IS NOT NULL AND updated_at < p_before
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS reasons = ROW_COUNT;
    PERFORM act_as('');
    DELETE FROM time_off WHERE id IN (
        SELECT id FROM time_off WHERE upper(during) < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS absences = ROW_COUNT;
    RETURN reasons + absences;
END
$$;
COMMENT ON FUNCTION purge_reasons(timestamptz, integer) IS
'Deletes the cancellation reasons of old appointments, and old time off.';

CREATE OR REPLACE FUNCTION purge_mails(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    mails integer;
BEGIN
    UPDATE notification SET outcome = NULL, snapshot = NULL, request_id = NULL WHERE id IN (
        SELECT id FROM notification
        WHERE status <> 'queued' AND (outcome IS NOT NULL OR snapshot IS NOT NULL OR request_id IS NOT NULL)
            AND created_at < p_before
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS mails = ROW_COUNT;
    RETURN mails;
END
$$;
COMMENT ON FUNCTION purge_mails(timestamptz, integer) IS
'Deletes the outcome, snapshot and request id of old mails. The texts of mails are never stored.';

CREATE OR REPLACE FUNCTION purge_payments(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    payers integer;
    events integer;
BEGIN
    UPDATE payment SET payer_id = NULL, approval_url = NULL WHERE id IN (
        SELECT id FROM payment
        WHERE (payer_id IS NOT NULL OR approval_url IS NOT NULL) AND updated_at < p_before AND due_at IS NULL
            AND status IN ('captured', 'partially_refunded', 'refunded', 'canceled', 'failed')
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS payers = ROW_COUNT;
    DELETE FROM webhook_event WHERE id IN (
        SELECT id FROM webhook_event WHERE received_at < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS events = ROW_COUNT;
    RETURN payers + events;
END
$$;
COMMENT ON FUNCTION purge_payments(timestamptz, integer) IS
'Deletes the payer ids and approval URLs of old payments, and old webhook events. Amounts and the PayPal ids of orders, captures and refunds are kept for accounting.';

CREATE OR REPLACE FUNCTION purge_codes(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    codes integer;
    links integer;
    addresses integer;
BEGIN
    DELETE FROM account_token WHERE token_hash IN (
        SELECT token_hash FROM account_token WHERE expires_at < clock_timestamp()
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS codes = ROW_COUNT;
    DELETE FROM offer_token WHERE token_hash IN (
        SELECT token_hash FROM offer_token WHERE created_at < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS links = ROW_COUNT;
    UPDATE account SET pending_email = NULL WHERE id IN (
        SELECT a.id FROM account AS a
        WHERE a.pending_email IS NOT NULL
            AND NOT EXISTS (SELECT FROM account_token AS t WHERE t.account_id = a.id AND t.email = a.pending_email)
            AND NOT EXISTS (
                SELECT FROM notification AS n
                WHERE n.account_id = a.id AND n.kind = 'email_verification' AND n.status = 'queued'
            )
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS addresses = ROW_COUNT;
    RETURN codes + links + addresses;
END
$$;
COMMENT ON FUNCTION purge_codes(timestamptz, integer) IS
'Deletes expired codes, old links to offers, and pending email addresses that can no longer be verified.';
