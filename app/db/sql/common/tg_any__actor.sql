-- Whoever writes to a table directly acts as admin, whatever they say: booking.actor is a setting, and anybody may set one.
-- Not SECURITY DEFINER, as it is to see who writes: within the functions that say who acts, that is the tables' owner.
CREATE OR REPLACE FUNCTION tg_any__actor() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        PERFORM set_config('booking.actor', '', true);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_any__actor() IS 'Forgets whom somebody claims to act for who writes by no function.';

CREATE OR REPLACE TRIGGER tg_appointment__actor
BEFORE INSERT OR UPDATE ON appointment
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_appointment__actor ON appointment IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__actor
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_waitlist_entry__actor ON waitlist_entry IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_policy__actor
BEFORE UPDATE ON policy
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_policy__actor ON policy IS 'Whoever writes here directly acts as admin.';
