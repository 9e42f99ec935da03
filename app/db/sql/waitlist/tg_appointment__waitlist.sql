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

CREATE OR REPLACE FUNCTION tg_schedule__waitlist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    p_doctor integer := coalesce(changed ->> 'doctor_id', changed ->> 'account_id')::integer;
    freed tstzrange := CASE TG_TABLE_NAME WHEN 'time_off' THEN (to_jsonb(OLD) ->> 'during')::tstzrange ELSE '(,)'::tstzrange END;
BEGIN
    IF TG_OP = 'DELETE' AND upper(freed) <= clock_timestamp() THEN
        RETURN NULL; -- what is over frees nothing
    END IF;
    IF EXISTS (SELECT FROM doctor WHERE account_id = p_doctor)
        AND (has_waitlist(p_doctor) OR EXISTS (SELECT FROM appointment WHERE doctor_id = p_doctor AND status = 'offered'))
    THEN
        PERFORM serve_waitlist_once(p_doctor, freed);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_schedule__waitlist() IS
'Offers what a change of a doctor''s schedule frees, and withdraws slots on offer that it takes away.';

CREATE OR REPLACE FUNCTION serve_waitlist_once(p_doctor integer, p_freed tstzrange) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    seq text := (SELECT format('%s of %s', booking_seq, p_doctor) FROM doctor WHERE account_id = p_doctor);
BEGIN
    IF seq = current_setting('booking.served', true) THEN
        RETURN; -- another row of the same act has seen to all of it
    END IF;
    PERFORM serve_waitlist(p_doctor, p_freed);
    PERFORM set_config('booking.served', format('%s of %s', booking_seq, p_doctor), true)
    FROM doctor WHERE account_id = p_doctor;
END
$$;
COMMENT ON FUNCTION serve_waitlist_once(integer, tstzrange) IS
'Serves a doctor''s waitlist unless that has been done since the transaction''s last change of the doctor''s schedule.';

-- A retired row is left out: its writer need not hold the doctor's lock, so the sweep sees to what it frees.
DO $$
BEGIN
    CREATE CONSTRAINT TRIGGER tg_appointment__waitlist
    AFTER UPDATE ON appointment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.seat IS NOT NULL AND (NEW.status = 'canceled' OR NEW.during <> OLD.during))
    EXECUTE FUNCTION tg_appointment__waitlist();
    CREATE CONSTRAINT TRIGGER tg_time_off__waitlist
    AFTER INSERT OR UPDATE OR DELETE ON time_off DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tg_schedule__waitlist();
    CREATE CONSTRAINT TRIGGER tg_working_hours__waitlist
    AFTER INSERT OR UPDATE OR DELETE ON working_hours DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tg_schedule__waitlist();
    CREATE CONSTRAINT TRIGGER tg_doctor__waitlist
    AFTER UPDATE ON doctor DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (
        (OLD.timezone, OLD.slot_minutes, OLD.buffer_minutes, OLD.max_appointments, OLD.verified_at, OLD.disabled_at)
        IS DISTINCT FROM (NEW.timezone, NEW.slot_minutes, NEW.buffer_minutes, NEW.max_appointments, NEW.verified_at, NEW.disabled_at)
    )
    EXECUTE FUNCTION tg_schedule__waitlist();
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed: a constraint trigger cannot be replaced
END
$$;
COMMENT ON TRIGGER tg_appointment__waitlist ON appointment IS 'At the end of the transaction: a canceled or moved appointment''s place goes to the waitlist.';
COMMENT ON TRIGGER tg_time_off__waitlist ON time_off IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';
COMMENT ON TRIGGER tg_working_hours__waitlist ON working_hours IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';
COMMENT ON TRIGGER tg_doctor__waitlist ON doctor IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';
