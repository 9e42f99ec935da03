-- Time off is decided under the doctor's lock, and checked at the end of the transaction: cancel-and-block is one act in either order.
CREATE OR REPLACE FUNCTION tg_time_off__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(NEW.doctor_id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_time_off__lock() IS 'Takes the doctor''s lock before time off is entered.';

CREATE OR REPLACE FUNCTION tg_time_off__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t time_off;
BEGIN
    SELECT * INTO t FROM time_off WHERE id = NEW.id; -- as the transaction leaves it, which may be not at all
    PERFORM refuse('time_off_no_appointment', time_off_no_appointment(t, clock_timestamp()));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_time_off__rules() IS 'Applies time_off_no_appointment.';
