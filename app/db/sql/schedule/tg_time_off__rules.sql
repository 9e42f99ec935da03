-- Time off is decided under the doctor's lock. The check at the end of the transaction allows cancellations before or after it.
CREATE OR REPLACE FUNCTION tg_time_off__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(NEW.doctor_id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_time_off__lock() IS 'Locks the doctor before time off is added or changed.';

CREATE OR REPLACE FUNCTION tg_time_off__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t time_off;
BEGIN
    SELECT * INTO t FROM time_off WHERE id = NEW.id; -- the row at the end of the transaction, if it still exists
    PERFORM refuse('time_off_no_appointment', time_off_no_appointment(t, clock_timestamp()));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_time_off__rules() IS 'Applies time_off_no_appointment.';
