CREATE OR REPLACE FUNCTION payment_amount_matches_fee(a appointment, amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN amount IS DISTINCT FROM a.fee OR currency IS DISTINCT FROM a.currency::text
            THEN format('This appointment costs %s.', money_text(a.fee, a.currency))
    END
$$;
COMMENT ON FUNCTION payment_amount_matches_fee(appointment, numeric, text) IS
'The amount and currency of a payment are the fee and currency of its appointment. Returns why an amount does not match the fee, or NULL if it does.';
