-- Hours and time zone change under the doctor's lock. The check at the end of the transaction allows replacing a week row by row.
CREATE OR REPLACE FUNCTION tg_working_hours__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- deleting a doctor deletes the hours
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM doctor WHERE account_id = OLD.doctor_id) THEN
        RETURN OLD;
    END IF;
    PERFORM lock_doctor(CASE TG_OP WHEN 'DELETE' THEN OLD.doctor_id ELSE NEW.doctor_id END);
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION tg_working_hours__lock() IS 'Locks the doctor before working hours change.';

CREATE OR REPLACE FUNCTION tg_working_hours__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = CASE TG_TABLE_NAME
        WHEN 'doctor' THEN (to_jsonb(NEW) ->> 'account_id')::bigint
        ELSE (to_jsonb(OLD) ->> 'doctor_id')::bigint
    END;
    PERFORM refuse('working_hours_cover_appointments', working_hours_cover_appointments(d, clock_timestamp()));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_working_hours__rules() IS 'Applies working_hours_cover_appointments.';
