-- Whether a doctor is one, a person finds out. What is booked already stays, whatever they find.
CREATE OR REPLACE FUNCTION admin.verify_doctor(p_doctor integer, p_is_verified boolean DEFAULT true) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
BEGIN
    UPDATE doctor SET verified_at = CASE WHEN p_is_verified THEN coalesce(verified_at, clock_timestamp()) END
    WHERE account_id = d.account_id
    RETURNING * INTO d;
    RETURN d.verified_at;
END
$$;
COMMENT ON FUNCTION admin.verify_doctor(integer, boolean) IS
'Says that an account is of a real doctor, or with false no longer, and returns since when. Raises where there is no such doctor.';
REVOKE EXECUTE ON FUNCTION admin.verify_doctor(integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_doctor(integer, boolean) TO booking_admin;
