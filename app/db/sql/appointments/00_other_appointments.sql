-- One query of the active rows around an appointment serves every rule that counts or compares them.
CREATE TYPE other_appointments AS (active integer, holds integer, seats integer, stale boolean, clash boolean);
COMMENT ON TYPE other_appointments IS
'The other rows that hold a seat: the number of active ones and of unpaid holds, the seats (as bits), whether any has lapsed, and whether any overlaps.';
