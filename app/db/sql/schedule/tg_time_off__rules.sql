-- Time off is decided under the doctor's lock, and checked at the end of the transaction: cancel-and-block is one act in either order.
CREATE OR REPLACE FUNCTION tg_time_off__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(NEW.doctor_id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_time_off__lock() IS 'Takes the doctor''s lock before time off is entered.';

CREATE OR REPLACE TRIGGER tg_time_off__lock
BEFORE INSERT OR UPDATE ON time_off
FOR EACH ROW EXECUTE FUNCTION tg_time_off__lock();
COMMENT ON TRIGGER tg_time_off__lock ON time_off IS 'The doctor''s lock, as for every change of the schedule.';

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

DO $$
BEGIN
    CREATE CONSTRAINT TRIGGER tg_time_off__rules
    AFTER INSERT OR UPDATE ON time_off DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tg_time_off__rules();
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed: a constraint trigger cannot be replaced
END
$$;
COMMENT ON TRIGGER tg_time_off__rules ON time_off IS 'At the end of the transaction: no appointment that somebody holds is covered.';
