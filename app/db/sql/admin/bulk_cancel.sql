CREATE OR REPLACE FUNCTION admin.bulk_cancel(
    doctor bigint, day date, reason text DEFAULT NULL, block boolean DEFAULT FALSE, dry_run boolean DEFAULT FALSE
) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refuse_input(no_doctor(bulk_cancel.doctor), 'SELECT doctor, doctor_name FROM admin.doctor_load; shows who there is.');
    RETURN QUERY SELECT * FROM bulk_cancel_by('admin', bulk_cancel.doctor, NULL, day, reason, block, dry_run);
END
$$;
COMMENT ON FUNCTION admin.bulk_cancel(bigint, date, text, boolean, boolean) IS
'Cancels everything that patients hold with a doctor on a day of the doctor''s calendar, or with NULL on every day, that has not begun: all or nothing, one mail a person. With block those times are taken off instead of offered to the waitlist; a dry run only lists. Returns the appointments.';
REVOKE EXECUTE ON FUNCTION admin.bulk_cancel(bigint, date, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.bulk_cancel(bigint, date, text, boolean, boolean) TO booking_admin;
