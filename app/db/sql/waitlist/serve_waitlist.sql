-- A place that comes free is offered to the waitlist, in waves, before others can book it.
CREATE OR REPLACE FUNCTION serve_waitlist(p_doctor bigint, p_freed tstzrange DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    at_ timestamptz := clock_timestamp();
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system');
    PERFORM end_offers(d, at_);
    PERFORM withdraw_slots(d, at_);
    FOR look IN 1..3 LOOP -- a bound on the work: the sweep does the rest
        EXIT WHEN NOT make_planned_offers(d, p_freed, at_);
    END LOOP;
    PERFORM act_as(coalesce(actor, ''));
END
$$;
COMMENT ON FUNCTION serve_waitlist(bigint, tstzrange) IS
'Brings a doctor''s offers up to date: expires old offers, withdraws slots that no longer exist, and offers free ones. Can be run at any time and repeated.';

CREATE OR REPLACE FUNCTION end_offers(d doctor, at_ timestamptz) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer AS o SET status = 'expired'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.doctor_id = d.account_id AND w.status = 'offered'
        AND o.status IN ('queued', 'sent') AND o.expires_at <= at_;
    -- a claim that was given up or not paid returns its entry to the same place in line
    UPDATE waitlist_entry AS w SET status = 'waiting'
    WHERE w.doctor_id = d.account_id AND w.status = 'offered' AND NOT has_claim(w, at_)
        AND NOT EXISTS (SELECT FROM offer AS o WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent'));
$$;
COMMENT ON FUNCTION end_offers(doctor, timestamptz) IS
'Expires a doctor''s old offers, and sets entries whose claim has lapsed or was given up back to waiting.';

CREATE OR REPLACE FUNCTION withdraw_slots(d doctor, at_ timestamptz) RETURNS void
LANGUAGE sql AS $$
    SELECT release_slot(a.id)
    FROM appointment AS a
    CROSS JOIN policy AS p
    WHERE a.doctor_id = d.account_id AND a.status = 'offered' AND (
        NOT is_verified(d, p)
        OR lower(a.during) - p.offer_min_notice <= at_
        OR appointment_within_working_hours(d, a.during) IS NOT NULL
        -- a lowered cap withdraws slots that are on offer, the newest first
        OR (SELECT count(*) FROM appointment AS n WHERE n.doctor_id = d.account_id AND n.status = 'offered' AND n.id >= a.id)
        <= active_appointments(d.account_id, at_) - d.max_appointments
    )
    ORDER BY a.id
$$;
COMMENT ON FUNCTION withdraw_slots(doctor, timestamptz) IS
'Releases a doctor''s slots on offer that start too soon, lie outside the working hours or exceed the cap; all of them if the doctor cannot be booked.';

CREATE OR REPLACE FUNCTION release_slot(p_appointment bigint) RETURNS void
LANGUAGE sql AS $$
    UPDATE appointment SET status = 'released' WHERE id = p_appointment AND status = 'offered';
    UPDATE offer SET status = CASE WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'superseded' END
    WHERE appointment_id = p_appointment AND status IN ('queued', 'sent');
$$;
COMMENT ON FUNCTION release_slot(bigint) IS 'Releases a slot that is on offer, and ends its offers.';

CREATE OR REPLACE FUNCTION make_planned_offers(d doctor, p_freed tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    planned record;
    needed bigint[] := ARRAY[]::bigint[];
BEGIN
    FOR planned IN SELECT * FROM offer_plan(d, p_freed, at_) LOOP
        IF planned.appointment_id IS NULL THEN
            INSERT INTO appointment (doctor_id, during, status) VALUES (d.account_id, planned.slot, 'offered')
            RETURNING id INTO planned.appointment_id;
        END IF;
        needed := needed || planned.appointment_id::bigint;
        PERFORM make_offer(a, w, present_wave(a, at_), at_)
        FROM appointment AS a, waitlist_entry AS w
        WHERE a.id = planned.appointment_id AND w.id = planned.entry_id AND w.status = 'waiting';
    END LOOP;
    PERFORM offer_wave(a, d, at_) FROM appointment AS a WHERE doctor_id = d.account_id AND status = 'offered' ORDER BY id;
    UPDATE appointment AS a SET status = 'released'
    WHERE doctor_id = d.account_id AND status = 'offered' AND id <> ALL (needed)
        AND NOT EXISTS (SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent'));
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION make_planned_offers(doctor, tstzrange, timestamptz) IS
'Makes the offers that offer_plan() returns, starts the waves that are due, and releases slots that no entry can get. Returns whether it released any.';
