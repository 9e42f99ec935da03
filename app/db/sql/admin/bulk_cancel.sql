CREATE OR REPLACE FUNCTION admin.bulk_cancel(
    doctor bigint, day date, reason text DEFAULT NULL, block boolean DEFAULT FALSE, dry_run boolean DEFAULT FALSE
) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refuse_input(no_doctor(bulk_cancel.doctor), 'To list the doctors, run: SELECT doctor, doctor_name FROM admin.doctor_load;');
    RETURN QUERY SELECT * FROM bulk_cancel_by('admin', bulk_cancel.doctor, NULL, day, reason, block, dry_run);
END
$$;
COMMENT ON FUNCTION admin.bulk_cancel(bigint, date, text, boolean, boolean) IS
'Cancels all of a doctor''s appointments that have not begun, on one day of the doctor''s calendar, or on every day if the day is NULL. If one cannot be canceled, none is. Each person gets one mail. With block, the times become time off and are not offered to the waitlist. With dry_run, nothing is canceled. Returns the appointments.';
REVOKE EXECUTE ON FUNCTION admin.bulk_cancel(bigint, date, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.bulk_cancel(bigint, date, text, boolean, boolean) TO booking_admin;
