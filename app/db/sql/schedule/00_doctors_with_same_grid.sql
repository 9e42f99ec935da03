DO $$
BEGIN
    CREATE TYPE doctors_with_same_grid AS (zone text, slot_minutes integer, buffer_minutes integer, doctors integer[]);
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed
END
$$;
COMMENT ON TYPE doctors_with_same_grid IS 'Doctors of one time zone whose slots come in the same steps.';
