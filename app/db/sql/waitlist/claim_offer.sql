-- Whoever claims first has the slot: it becomes their hold, or is confirmed if it costs nothing.
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
    PERFORM refuse('offer_superseded', CASE WHEN NOT FOUND THEN 'Somebody else was faster.' END);
    PERFORM act_as('system'); -- what becomes of the others is not the patient's doing
    PERFORM supersede_other_offers(o);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = o.appointment_id;
END
$$;
COMMENT ON FUNCTION claim_offer(bigint, bigint) IS
'A patient (account id) accepts an offer; no row if it is not theirs. Raises the broken rule, offer_superseded if somebody was faster.';
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
    SELECT * INTO o FROM offer WHERE id = o.id; -- as it stands after the wait
    RETURN o;
END
$$;
COMMENT ON FUNCTION lock_offer(bigint, bigint) IS
'Locks the doctor of a patient''s offer, under whose lock every offer changes, and returns the offer; NULL if it is not theirs.';

CREATE OR REPLACE FUNCTION supersede_other_offers(o offer) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer SET status = 'superseded'
    WHERE appointment_id = o.appointment_id AND id <> o.id AND status IN ('queued', 'sent');
    -- they may be in line for another slot
    SELECT serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id AND has_waitlist(doctor_id);
$$;
COMMENT ON FUNCTION supersede_other_offers(offer) IS 'Ends the other offers of a slot that is claimed, and sees to those who had them.';
