-- The first patient to claim gets the slot: as a hold if it has a fee, otherwise as a confirmed appointment.
CREATE OR REPLACE FUNCTION claim_offer(p_patient bigint, p_offer bigint) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    o offer := lock_offer(p_patient, p_offer);
BEGIN
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM refuse('offer_superseded', offer_superseded(o, clock_timestamp()));
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'accepted' WHERE id = o.id;
    UPDATE appointment SET patient_id = p_patient, status = CASE WHEN fee = 0 THEN 'confirmed' ELSE 'pending' END
    WHERE id = o.appointment_id AND status = 'offered';
    PERFORM refuse('offer_superseded', CASE WHEN NOT FOUND THEN 'This slot is no longer available. You keep your place in line.' END);
    PERFORM act_as('system'); -- history must not name this patient for changes to the offers of others
    PERFORM supersede_other_offers(o);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = o.appointment_id;
END
$$;
COMMENT ON FUNCTION claim_offer(bigint, bigint) IS
'Accepts an offer for a patient (account id) and returns the appointment. Returns no row if the offer is not theirs. Raises the broken rule: offer_superseded if the slot is gone.';
REVOKE EXECUTE ON FUNCTION claim_offer(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_offer(bigint, bigint) TO booking_app;

CREATE OR REPLACE FUNCTION lock_offer(p_patient bigint, p_offer bigint) RETURNS offer
LANGUAGE plpgsql AS $$
DECLARE
    o offer;
BEGIN
    SELECT f.* INTO o FROM offer AS f INNER JOIN waitlist_entry AS w ON f.waitlist_entry_id = w.id
    WHERE f.id = p_offer AND w.patient_id = p_patient;
    PERFORM lock_doctor_of(o.appointment_id);
    SELECT * INTO o FROM offer WHERE id = o.id; -- it may have changed while this waited for the lock
    RETURN o;
END
$$;
COMMENT ON FUNCTION lock_offer(bigint, bigint) IS
'Locks the doctor of a patient''s offer and returns the offer, or NULL if it is not theirs. Offers change only under the doctor''s lock.';

CREATE OR REPLACE FUNCTION supersede_other_offers(o offer) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer SET status = 'superseded'
    WHERE appointment_id = o.appointment_id AND id <> o.id AND status IN ('queued', 'sent');
    -- their patients may get another slot
    SELECT serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id AND has_waitlist(doctor_id);
$$;
COMMENT ON FUNCTION supersede_other_offers(offer) IS 'Ends the other offers of a claimed slot, and serves the waitlist again.';
