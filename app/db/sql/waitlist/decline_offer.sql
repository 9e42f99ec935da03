CREATE OR REPLACE FUNCTION decline_offer(p_patient bigint, p_offer bigint) RETURNS SETOF api_offer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    o offer := lock_offer(p_patient, p_offer);
BEGIN
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM refuse('offer_superseded', offer_superseded(o, clock_timestamp()));
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'declined' WHERE id = o.id;
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_offer WHERE id = o.id;
END
$$;
COMMENT ON FUNCTION decline_offer(bigint, bigint) IS
'Declines an offer for a patient (account id), who stays in line. Returns no row if the offer is not theirs. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION decline_offer(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION decline_offer(bigint, bigint) TO booking_app;
