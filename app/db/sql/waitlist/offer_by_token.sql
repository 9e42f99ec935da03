-- The token in the link of an offer's mail authenticates the patient. The database stores only its hash.
CREATE OR REPLACE FUNCTION offer_by_token(p_token_hash bytea) RETURNS TABLE (
    id bigint, patient bigint, doctor text, timezone text, appointment bigint, starts_at timestamptz, ends_at timestamptz,
    fee numeric, currency text, status text, expires_at timestamptz,
    appointment_status text, hold_expires_at timestamptz, cancel_deadline timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT
        o.id, o.patient, d.full_name, p.timezone, o.appointment, o.appointment_date, o.ends_at,
        o.fee, o.currency, o.status, o.expires_at, a.status, a.hold_expires_at, a.cancel_deadline
    FROM offer_token AS t
    INNER JOIN api_offer AS o ON t.offer_id = o.id
    INNER JOIN api_appointment AS a ON o.appointment = a.id
    INNER JOIN doctor AS d ON o.doctor = d.account_id
    INNER JOIN patient AS p ON o.patient = p.account_id
    WHERE t.token_hash = p_token_hash
$$;
COMMENT ON FUNCTION offer_by_token(bytea) IS
'The offer of a token (SHA-256) with what its page shows. No row if the token is unknown.';
REVOKE EXECUTE ON FUNCTION offer_by_token(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offer_by_token(bytea) TO booking_app;
