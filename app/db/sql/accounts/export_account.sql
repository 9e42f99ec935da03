-- The export is one consistent snapshot. It says whether secrets exist but does not contain them.
CREATE OR REPLACE FUNCTION export_account(p_account bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'appointments', (
            SELECT coalesce(jsonb_agg(to_jsonb(api) || jsonb_build_object(
                'canceled_by', a.canceled_by, 'cancel_reason', a.cancel_reason
            ) ORDER BY a.id), '[]')
            FROM appointment AS a
            INNER JOIN api_appointment AS api ON a.id = api.id
            WHERE a.doctor_id = p_account OR a.patient_id = p_account
        ),
        'waitlist', (SELECT coalesce(jsonb_agg(w ORDER BY w.id), '[]') FROM waitlist_entry AS w WHERE w.patient_id = p_account),
        'offers', (SELECT coalesce(jsonb_agg(o ORDER BY o.id), '[]') FROM api_offer AS o WHERE o.patient = p_account),
        'payments', (
            SELECT coalesce(jsonb_agg(p ORDER BY p.id), '[]')
            FROM payment AS p
            INNER JOIN appointment AS a ON p.appointment_id = a.id
            WHERE a.patient_id = p_account
        ),
        'refunds', (
            SELECT coalesce(jsonb_agg(r ORDER BY r.id), '[]')
            FROM refund AS r
            INNER JOIN payment AS p ON r.payment_id = p.id
            INNER JOIN appointment AS a ON p.appointment_id = a.id
            WHERE a.patient_id = p_account
        ),
        'notifications', (
            SELECT coalesce(jsonb_agg(n ORDER BY n.id), '[]') FROM notification AS n WHERE n.account_id = p_account
        ),
        'working_hours', (
            SELECT coalesce(jsonb_agg(h ORDER BY h.weekday, h.start_minute), '[]') FROM working_hours AS h WHERE h.doctor_id = p_account
        ),
        'time_off', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', t.id, 'start', lower(t.during), 'end', upper(t.during), 'reason', t.reason, 'created_at', t.created_at
            ) ORDER BY t.id), '[]')
            FROM time_off AS t
            WHERE t.doctor_id = p_account
        ),
        'sessions', (
            SELECT coalesce(jsonb_agg(s ORDER BY s.started_at), '[]')
            FROM (
                SELECT
                    min(created_at) AS started_at,
                    max(used_at) AS last_used_at,
                    max(expires_at) AS expires_at,
                    max(revoked_at) AS ended_at
                FROM refresh_token
                WHERE account_id = p_account
                GROUP BY family
            ) AS s
        ),
        'mailed_codes', (
            SELECT coalesce(jsonb_agg(t ORDER BY t.created_at), '[]')
            FROM (SELECT purpose, email, created_at, expires_at FROM account_token WHERE account_id = p_account) AS t
        ),
        'calendar_links', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('created_at', f.created_at)), '[]')
            FROM calendar_feed AS f
            WHERE f.account_id = p_account
        ),
        'history', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'object_kind', h.object_kind, 'object_id', h.object_id, 'number', h.number, 'changed_at', h.changed_at,
                'acted_as', h.acted_as, 'account', h.account_id, 'changes', history_changes(h)
            ) ORDER BY h.changed_at, h.object_kind, h.object_id), '[]')
            FROM history_of_account(p_account) AS h
        ),
        'idempotency_keys', (
            SELECT coalesce(jsonb_agg(r ORDER BY r.created_at), '[]')
            FROM (SELECT route, key, created_at FROM receipt WHERE account_id = p_account) AS r
        )
    )
$$;
COMMENT ON FUNCTION export_account(bigint) IS
'All stored data about an account, except the account row and its profile. Contains no passwords, tokens or codes.';
REVOKE EXECUTE ON FUNCTION export_account(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION export_account(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION history_of_account(p_account bigint) RETURNS SETOF history
LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT id FROM appointment WHERE doctor_id = p_account OR patient_id = p_account
    ), paid AS (
        SELECT p.id FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id WHERE a.patient_id = p_account
    ), things AS (
        SELECT 'account' AS object_kind, p_account AS object_id
        UNION ALL
        SELECT 'appointment' AS object_kind, id AS object_id FROM held
        UNION ALL
        SELECT 'waitlist_entry' AS object_kind, id AS object_id FROM waitlist_entry WHERE patient_id = p_account
        UNION ALL
        SELECT 'payment' AS object_kind, id AS object_id FROM paid
        UNION ALL
        SELECT 'refund' AS object_kind, r.id AS object_id FROM refund AS r INNER JOIN paid ON r.payment_id = paid.id
    )
    SELECT h.* FROM things AS t
    INNER JOIN history AS h ON t.object_kind = h.object_kind AND t.object_id = h.object_id
$$;
COMMENT ON FUNCTION history_of_account(bigint) IS
'The history of an account, its appointments, waitlist entries, payments and refunds.';
