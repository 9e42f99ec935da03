-- Who acts follows from the function that was called; whoever writes to a table without one acts as admin.
CREATE OR REPLACE FUNCTION booking_actor() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(split_part(current_setting('booking.actor', true), ':', 1), ''), 'admin')
$$;
COMMENT ON FUNCTION booking_actor() IS 'patient, doctor, payer, payment, purge, system or admin: who is writing at this moment.';

CREATE OR REPLACE FUNCTION act_as(actor text, account integer DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT set_config('booking.actor', concat_ws(':', actor, account), true)
$$;
COMMENT ON FUNCTION act_as(text, integer) IS
'Says who acts from here to the end of the transaction, with the account whose request it is; '''' hands back to admin. Called first and last by every booking function.';
