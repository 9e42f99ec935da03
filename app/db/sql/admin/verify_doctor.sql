-- Whether a doctor is one, a person finds out. What is booked already stays, whatever they find.
CREATE OR REPLACE FUNCTION admin.verify_doctor(doctor bigint, is_verified boolean DEFAULT true) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    since timestamptz;
BEGIN
    PERFORM refuse_with_hint('foreign_key_violation', 'appointment_doctor_id_fkey', why, 'SELECT account_id, full_name FROM doctor; shows who there is.')
    FROM no_doctor(verify_doctor.doctor) AS n (why) WHERE why IS NOT NULL;
    PERFORM lock_doctor(verify_doctor.doctor);
    UPDATE doctor AS d SET verified_at = CASE WHEN verify_doctor.is_verified THEN coalesce(d.verified_at, clock_timestamp()) END
    WHERE d.account_id = verify_doctor.doctor
    RETURNING d.verified_at INTO since;
    RETURN since;
END
$$;
COMMENT ON FUNCTION admin.verify_doctor(bigint, boolean) IS
'Says that an account is of a real doctor, who so is listed and booked; or with false no longer: what is booked stays. Returns since when.';
REVOKE EXECUTE ON FUNCTION admin.verify_doctor(bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_doctor(bigint, boolean) TO booking_admin;
