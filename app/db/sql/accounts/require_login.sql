CREATE OR REPLACE FUNCTION require_login(p_account bigint, p_generation integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM account WHERE id = p_account AND generation = p_generation AND status = 'active') THEN
        RAISE 'account % has no login of generation %', p_account, p_generation USING ERRCODE = 'U0401';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION require_login(bigint, integer) IS
'Returns true if an account''s access tokens of a generation are valid; otherwise raises U0401. A statement calls it before it reads or writes.';
GRANT EXECUTE ON FUNCTION require_login(bigint, integer) TO booking_app;
