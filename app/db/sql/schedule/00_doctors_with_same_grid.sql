CREATE TYPE doctors_with_same_grid AS (zone text, slot_minutes integer, buffer_minutes integer, doctors bigint ARRAY);
COMMENT ON TYPE doctors_with_same_grid IS 'The doctors of a time zone whose slots have the same length and step.';
