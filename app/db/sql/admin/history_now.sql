CREATE OR REPLACE VIEW history_now AS
SELECT
    'appointment' AS object_kind,
    id AS object_id,
    history_of(a) AS is_now
FROM appointment AS a
UNION ALL
SELECT
    'waitlist_entry' AS object_kind,
    id AS object_id,
    history_of(w) AS is_now
FROM waitlist_entry AS w
UNION ALL
SELECT
    'payment' AS object_kind,
    id AS object_id,
    history_of(p) AS is_now
FROM payment AS p
UNION ALL
SELECT
    'refund' AS object_kind,
    id AS object_id,
    history_of(r) AS is_now
FROM refund AS r
UNION ALL
SELECT
    'account' AS object_kind,
    id AS object_id,
    history_of(a) AS is_now
FROM account AS a
UNION ALL
SELECT
    'policy' AS object_kind,
    id::integer::bigint AS object_id,
    history_of(p) AS is_now
FROM policy AS p;
COMMENT ON VIEW history_now IS 'The current state of every object, as history would record it.';
