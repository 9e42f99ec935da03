-- Who acts follows from the function that was called; whoever writes to a table without one acts as admin.
CREATE OR REPLACE FUNCTION act_as(actor text, account bigint DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT set_config('booking.actor', concat_ws(':', actor, account), true)
$$;
COMMENT ON FUNCTION act_as(text, bigint) IS
'Says who acts from here to the end of the transaction, with the account whose request it is; '''' hands back to admin. Called first and last by every booking function.';
