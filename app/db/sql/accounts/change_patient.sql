-- Changes a patient's profile. A new email address must be verified first.
CREATE OR REPLACE FUNCTION change_patient(p_patient bigint, p_changes jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was patient;
    wanted patient;
BEGIN
    SELECT * INTO was FROM patient WHERE account_id = p_patient FOR NO KEY UPDATE;
    wanted := jsonb_populate_record(was, p_changes);
    UPDATE patient SET full_name = wanted.full_name, phone = wanted.phone, timezone = wanted.timezone
    WHERE account_id = p_patient;
    PERFORM change_email(p_patient, p_changes ->> 'email') WHERE p_changes ? 'email';
END
$$;
COMMENT ON FUNCTION change_patient(bigint, jsonb) IS 'Changes a patient''s email or profile ({column: value}).';
REVOKE EXECUTE ON FUNCTION change_patient(bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_patient(bigint, jsonb) TO booking_app;
