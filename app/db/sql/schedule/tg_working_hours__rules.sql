-- Hours and zone are changed under the doctor's lock, and checked at the end of the transaction: the week may be replaced row by row.
CREATE OR REPLACE FUNCTION tg_working_hours__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- a doctor who is being deleted takes their hours along
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM doctor WHERE account_id = OLD.doctor_id) THEN
        RETURN OLD;
    END IF;
    PERFORM lock_doctor(CASE TG_OP WHEN 'DELETE' THEN OLD.doctor_id ELSE NEW.doctor_id END);
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION tg_working_hours__lock() IS 'Takes the doctor''s lock before hours change.';

CREATE OR REPLACE TRIGGER tg_working_hours__lock
BEFORE INSERT OR UPDATE OR DELETE ON working_hours
FOR EACH ROW EXECUTE FUNCTION tg_working_hours__lock();
COMMENT ON TRIGGER tg_working_hours__lock ON working_hours IS 'The doctor''s lock, as for every change of the schedule.';

CREATE OR REPLACE FUNCTION tg_working_hours__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = CASE TG_TABLE_NAME
        WHEN 'doctor' THEN (to_jsonb(NEW) ->> 'account_id')::integer
        ELSE (to_jsonb(OLD) ->> 'doctor_id')::integer
    END;
    PERFORM refuse('working_hours_cover_appointments', working_hours_cover_appointments(d, clock_timestamp()));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_working_hours__rules() IS 'Applies working_hours_cover_appointments.';

DO $$
BEGIN
    CREATE CONSTRAINT TRIGGER tg_working_hours__rules
    AFTER UPDATE OR DELETE ON working_hours DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tg_working_hours__rules();
    CREATE CONSTRAINT TRIGGER tg_doctor__hours
    AFTER UPDATE OF timezone ON doctor DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION tg_working_hours__rules();
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed: a constraint trigger cannot be replaced
END
$$;
COMMENT ON TRIGGER tg_working_hours__rules ON working_hours IS 'At the end of the transaction: no appointment is left outside the hours.';
COMMENT ON TRIGGER tg_doctor__hours ON doctor IS 'At the end of the transaction: a new zone leaves no appointment outside the hours.';
