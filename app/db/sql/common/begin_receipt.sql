-- Requests with the same Idempotency-Key are executed once: the receipt of a request commits together with its effect.
CREATE OR REPLACE FUNCTION begin_receipt(p_account bigint, p_route text, p_key text, p_fingerprint bytea)
RETURNS TABLE (same_request boolean, status smallint, answer bytea, payment_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- a concurrent second request waits here until the first transaction ends; an expired receipt may still be in the table
    INSERT INTO receipt AS r (account_id, route, key, fingerprint) VALUES (p_account, p_route, p_key, p_fingerprint)
    ON CONFLICT ON CONSTRAINT receipt_pkey DO UPDATE
        SET fingerprint = p_fingerprint, status = NULL, answer = NULL, payment_id = NULL, created_at = clock_timestamp()
        WHERE r.created_at <= clock_timestamp() - receipt_lifetime();
    IF NOT FOUND THEN
        RETURN QUERY SELECT r.fingerprint = p_fingerprint, r.status, r.answer, r.payment_id FROM receipt AS r
            WHERE (r.account_id, r.route, r.key) = (p_account, p_route, p_key);
    END IF;
END
$$;
COMMENT ON FUNCTION begin_receipt(bigint, text, text, bytea) IS
'Begins the receipt of a request (account id, operation, Idempotency-Key, SHA-256 of the body), in the transaction that executes the request. Returns a row if the key was used before, with the earlier request and its answer.';
REVOKE EXECUTE ON FUNCTION begin_receipt(bigint, text, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_receipt(bigint, text, text, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION answer_receipt(p_account bigint, p_route text, p_key text, p_status integer, p_answer bytea)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE receipt SET status = p_status, answer = p_answer
    WHERE (account_id, route, key) = (p_account, p_route, p_key) AND status IS NULL AND payment_id IS NULL
$$;
COMMENT ON FUNCTION answer_receipt(bigint, text, text, integer, bytea) IS
'Stores the answer (HTTP status, body) in a receipt that has none.';
REVOKE EXECUTE ON FUNCTION answer_receipt(bigint, text, text, integer, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION answer_receipt(bigint, text, text, integer, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION bind_receipt(p_account bigint, p_route text, p_key text, p_payment bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE receipt SET payment_id = p_payment
    WHERE (account_id, route, key) = (p_account, p_route, p_key) AND status IS NULL AND payment_id IS NULL
$$;
COMMENT ON FUNCTION bind_receipt(bigint, text, text, bigint) IS
'Stores the payment of a request in a receipt that has none: a repeated request is answered with the payment''s current state.';
REVOKE EXECUTE ON FUNCTION bind_receipt(bigint, text, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bind_receipt(bigint, text, text, bigint) TO booking_app;

CREATE OR REPLACE FUNCTION sweep_receipts() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM receipt WHERE created_at <= clock_timestamp() - receipt_lifetime()
$$;
COMMENT ON FUNCTION sweep_receipts() IS 'Deletes expired receipts.';
REVOKE EXECUTE ON FUNCTION sweep_receipts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_receipts() TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION receipt_lifetime() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT interval '24 hours'
$$;
COMMENT ON FUNCTION receipt_lifetime() IS 'How long a repeated request is recognized.';
