CREATE OR REPLACE FUNCTION admin.verify_doctor(doctor bigint, is_verified boolean DEFAULT true) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    since timestamptz;
BEGIN
    PERFORM refuse_with_hint(
        'foreign_key_violation', 'appointment_doctor_id_fkey', why,
        'To list the doctors, run: SELECT account_id, full_name FROM doctor;'
    )
    FROM no_doctor(verify_doctor.doctor) AS n (why) WHERE why IS NOT NULL;
    PERFORM lock_doctor(verify_doctor.doctor);
    UPDATE doctor AS d SET verified_at = CASE WHEN verify_doctor.is_verified THEN coalesce(d.verified_at, clock_timestamp()) END
    WHERE d.account_id = verify_doctor.doctor
    RETURNING d.verified_at INTO since;
    RETURN since;
END
$$;
COMMENT ON FUNCTION admin.verify_doctor(bigint, boolean) IS
'Marks a doctor as verified, so that they are listed and can be booked. With false, withdraws that; existing appointments stay. Returns the time of the verification, or NULL.';
REVOKE EXECUTE ON FUNCTION admin.verify_doctor(bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_doctor(bigint, boolean) TO booking_admin;
