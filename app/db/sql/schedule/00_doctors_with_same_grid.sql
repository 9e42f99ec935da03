CREATE TYPE doctors_with_same_grid AS (zone text, slot_minutes integer, buffer_minutes integer, doctors bigint ARRAY);
COMMENT ON TYPE doctors_with_same_grid IS 'Doctors of one time zone whose slots come in the same steps.';
