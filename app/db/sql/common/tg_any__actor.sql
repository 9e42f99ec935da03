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
