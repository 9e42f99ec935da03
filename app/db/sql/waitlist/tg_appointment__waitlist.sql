-- Deferred to the end of the transaction: a cancellation with block also adds time off, and that time must not be offered.
CREATE OR REPLACE FUNCTION tg_appointment__waitlist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF has_waitlist(NEW.doctor_id) THEN
        PERFORM serve_waitlist_once(NEW.doctor_id, OLD.during);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_appointment__waitlist() IS 'Serves the waitlist of a doctor after an appointment was canceled or moved.';
