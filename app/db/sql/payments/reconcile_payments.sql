CREATE OR REPLACE FUNCTION reconcile_payments() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    orphan bigint;
    orphans integer := 0;
BEGIN
    FOR orphan IN
        SELECT p.id FROM payment AS p
        INNER JOIN appointment AS a ON p.appointment_id = a.id
        WHERE p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
            AND a.status IN ('pending', 'canceled', 'expired', 'released')
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = p.id AND status = 'failed')
        ORDER BY p.id
    LOOP
        PERFORM request_refund(orphan, 'slot_lost');
        orphans := orphans + 1;
    END LOOP;
    RETURN orphans;
END
$$;
COMMENT ON FUNCTION reconcile_payments() IS
'Requests refunds of money captured for appointments that are not confirmed, and returns the number of payments. Finds none unless triggers were disabled.';
REVOKE EXECUTE ON FUNCTION reconcile_payments() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reconcile_payments() TO booking_app, booking_admin;
