CREATE OR REPLACE FUNCTION refunds_of(p_appointments bigint[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(money_text(total, currency) ORDER BY currency), '{}')
    FROM (
        SELECT p.currency, sum(r.amount) AS total
        FROM refund AS r
        INNER JOIN payment AS p ON r.payment_id = p.id
        WHERE p.appointment_id = ANY (p_appointments) AND r.status <> 'failed'
        GROUP BY p.currency
    ) AS back
$$;
COMMENT ON FUNCTION refunds_of(bigint[]) IS 'The refunds of appointments'' payments, as one sum for each currency, without failed refunds.';
GRANT EXECUTE ON FUNCTION refunds_of(bigint[]) TO booking_app;
