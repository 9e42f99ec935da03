-- One look at the active rows around an appointment answers every rule that counts or compares them.
CREATE TYPE other_appointments AS (active integer, holds integer, seats integer, stale boolean, clash boolean);
COMMENT ON TYPE other_appointments IS
'Of other rows that hold a seat: how many are active, how many are unpaid holds, which seats (as bits), any lapsed, any in the way.';
