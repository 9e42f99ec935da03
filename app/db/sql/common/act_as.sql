-- The called function determines the actor. A direct write to a table is an act of the admin.
CREATE OR REPLACE FUNCTION act_as(actor text, account bigint DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT set_config('booking.actor', concat_ws(':', actor, account), true)
$$;
COMMENT ON FUNCTION act_as(text, bigint) IS
'Sets the actor, and the account of the request, until the end of the transaction; '''' resets it to admin. Every booking function calls it first and last.';
