CREATE OR REPLACE FUNCTION serve_waitlist_once(p_doctor bigint, p_freed tstzrange) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    seq text := (SELECT format('%s of %s', booking_seq, p_doctor) FROM doctor WHERE account_id = p_doctor);
BEGIN
    IF seq = current_setting('booking.served', true) THEN
        RETURN; -- another row of the same change has already done it
    END IF;
    PERFORM serve_waitlist(p_doctor, p_freed);
    PERFORM set_config('booking.served', format('%s of %s', booking_seq, p_doctor), true)
    FROM doctor WHERE account_id = p_doctor;
END
$$;
COMMENT ON FUNCTION serve_waitlist_once(bigint, tstzrange) IS
'Serves a doctor''s waitlist, unless this transaction has done so since its last change of the doctor''s schedule.';
