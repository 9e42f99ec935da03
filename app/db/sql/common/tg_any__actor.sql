-- A direct writer always acts as admin, even with booking.actor set: it is a setting that every session can set.
-- Not SECURITY DEFINER, because it must see the writer's role: within the booking functions, that is the owner of the tables.
CREATE OR REPLACE FUNCTION tg_any__actor() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        PERFORM set_config('booking.actor', '', true);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_any__actor() IS 'Resets booking.actor for writers that are not booking functions.';
