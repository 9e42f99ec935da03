-- What an act frees is offered to the waitlist by the act's own transaction, when it is about to end: blocked time is none.
CREATE OR REPLACE FUNCTION tg_appointment__waitlist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF has_waitlist(NEW.doctor_id) THEN
        PERFORM serve_waitlist_once(NEW.doctor_id, OLD.during);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_appointment__waitlist() IS 'Serves the waitlist of a doctor whose appointment was canceled or moved.';
