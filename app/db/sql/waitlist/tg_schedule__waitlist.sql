CREATE OR REPLACE FUNCTION tg_schedule__waitlist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    p_doctor bigint := coalesce(changed ->> 'doctor_id', changed ->> 'account_id')::bigint;
    freed tstzrange := CASE TG_TABLE_NAME WHEN 'time_off' THEN (to_jsonb(OLD) ->> 'during')::tstzrange ELSE '(,)'::tstzrange END;
BEGIN
    IF TG_OP = 'DELETE' AND upper(freed) <= clock_timestamp() THEN
        RETURN NULL; -- time off in the past frees no slot
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
'After a change of a doctor''s schedule: offers the freed slots, and withdraws the offered slots that no longer exist.';
