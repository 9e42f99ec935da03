CREATE OR REPLACE FUNCTION booking_actor() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(split_part(current_setting('booking.actor', true), ':', 1), ''), 'admin')
$$;
COMMENT ON FUNCTION booking_actor() IS 'The current actor: patient, doctor, payer, payment, purge, system or admin.';
