-- Messages and mails show amounts with the number of decimals of their currency.
CREATE OR REPLACE FUNCTION money_text(amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN currency IN ('HUF', 'JPY', 'TWD') THEN trim_scale(amount) ELSE amount END || ' ' || currency
$$;
COMMENT ON FUNCTION money_text(numeric, text) IS 'An amount of money as text, such as 100.00 USD or 5000 JPY.';
GRANT EXECUTE ON FUNCTION money_text(numeric, text) TO booking_app, booking_admin, booking_auditor;
