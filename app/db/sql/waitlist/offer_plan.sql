-- Assigns slots to entries in line, in order: a slot that is already on offer, otherwise a free one.
CREATE OR REPLACE FUNCTION offer_plan(d doctor, p_freed tstzrange, at_ timestamptz)
RETURNS TABLE (entry_id bigint, appointment_id bigint, slot tstzrange)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    room integer := CASE WHEN is_verified(d, p) THEN d.max_appointments - active_appointments(d.account_id, at_) ELSE 0 END
        FROM policy AS p;
    free tstzrange[]; -- computed only when an entry can get one: a doctor may have hundreds of free slots
    among tstzrange;
    given bigint[] := ARRAY[]::bigint[];
    w waitlist_entry;
BEGIN
    FOR w IN SELECT * FROM entries_in_line(d.account_id, at_) LOOP
        entry_id := w.id;
        appointment_id := NULL;
        SELECT o.id, o.during INTO appointment_id, slot FROM slot_on_offer(w, d, given, at_) AS o;
        IF appointment_id IS NOT NULL THEN
            given := given || appointment_id;
            RETURN NEXT;
        ELSIF room > 0 THEN
            among := CASE WHEN has_unused_offer(w, at_) THEN p_freed ELSE '(,)' END;
            CONTINUE WHEN among IS NULL;
            free := coalesce(free, slots_to_offer(d, p_freed, at_), '{}');
            slot := first_matching_slot(w, d, among, free, at_);
            IF slot IS NOT NULL THEN
                room := room - 1;
                free := ARRAY(
                    SELECT f.slot FROM unnest(free) WITH ORDINALITY AS f (slot, n)
                    WHERE NOT f.slot && offer_plan.slot ORDER BY f.n
                );
                RETURN NEXT;
            END IF;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION offer_plan(doctor, tstzrange, timestamptz) IS
'Returns a slot for each waitlist entry of a doctor that can get one at an instant. appointment_id is NULL if the slot is free and not on offer yet. Slots that have just come free are assigned first. An entry that let an offer pass gets free slots only within p_freed.';

-- Stops at the first match: a doctor may have hundreds of free slots, and each check runs queries.
CREATE OR REPLACE FUNCTION first_matching_slot(w waitlist_entry, d doctor, span tstzrange, free tstzrange[], at_ timestamptz)
RETURNS tstzrange
LANGUAGE plpgsql STABLE AS $$
DECLARE
    slot tstzrange;
BEGIN
    FOREACH slot IN ARRAY free LOOP
        IF span @> slot AND slot_matches_entry(w, d, slot, at_) THEN
            RETURN slot;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION first_matching_slot(waitlist_entry, doctor, tstzrange, tstzrange[], timestamptz) IS
'The first of a doctor''s free slots within a span that suits a waitlist entry, or NULL.';

CREATE OR REPLACE FUNCTION entries_in_line(p_doctor bigint, at_ timestamptz) RETURNS SETOF waitlist_entry
LANGUAGE sql STABLE AS $$
    SELECT w.* FROM waitlist_entry AS w
    WHERE w.doctor_id = p_doctor AND w.status IN ('waiting', 'offered') AND NOT has_claim(w, at_)
        AND NOT is_disabled(w.patient_id)
    ORDER BY w.priority_class, w.id
$$;
COMMENT ON FUNCTION entries_in_line(bigint, timestamptz) IS
'The entries that can get a doctor''s slots, in order. Excludes paused entries, disabled accounts, and entries with a claimed slot that is not paid yet.';

CREATE OR REPLACE FUNCTION slot_on_offer(w waitlist_entry, d doctor, given bigint[], at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM appointment AS a
    LEFT JOIN offer AS o ON o.appointment_id = a.id AND o.waitlist_entry_id = w.id
        AND o.status IN ('queued', 'sent') AND o.expires_at > at_
    WHERE a.doctor_id = d.account_id AND a.status = 'offered' AND a.id <> ALL (given)
        AND CASE WHEN o.id IS NULL THEN slot_matches_entry(w, d, a.during, at_) ELSE true END
    ORDER BY o.id NULLS LAST, a.id
    LIMIT 1
$$;
COMMENT ON FUNCTION slot_on_offer(waitlist_entry, doctor, bigint[], timestamptz) IS
'The slot that is on offer to an entry, otherwise the first slot on offer that suits it. Excludes the given appointments.';

CREATE OR REPLACE FUNCTION slots_to_offer(d doctor, p_freed tstzrange, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(slot ORDER BY coalesce(p_freed @> slot, false) OR slot = ANY (given_up) DESC, slot)
    FROM (SELECT given_up_slots(d.account_id, at_) AS given_up OFFSET 0) AS g
    CROSS JOIN LATERAL untaken_slots(d, at_, 'infinity', at_) AS u
    CROSS JOIN LATERAL (SELECT tstzrange(u.starts_at, u.ends_at) AS slot) AS s
$$;
COMMENT ON FUNCTION slots_to_offer(doctor, tstzrange, timestamptz) IS
'A doctor''s untaken slots at an instant: first those that have just come free, then the others, both in order of time.';

CREATE OR REPLACE FUNCTION given_up_slots(p_doctor bigint, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(during), '{}') FROM appointment
    WHERE doctor_id = p_doctor AND lower(during) > at_ AND (
        status IN ('canceled', 'expired') AND updated_at >= now()
        OR status = 'pending' AND hold_expires_at <= at_
    )
$$;
COMMENT ON FUNCTION given_up_slots(bigint, timestamptz) IS
'The times of a doctor''s appointments that this transaction has ended, or whose hold has lapsed but is still stored as pending.';

-- A place that comes free is offered to each entry in line once, and then to the public, with all its slots.
-- It comes free at the moment that its appointment ends, not when the sweep stores that.
CREATE OR REPLACE FUNCTION has_unused_offer(w waitlist_entry, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM offer AS o
        WHERE o.waitlist_entry_id = w.id AND o.status IN ('accepted', 'declined', 'expired')
            AND NOT EXISTS (
                SELECT FROM appointment AS since
                CROSS JOIN LATERAL least(
                    CASE WHEN since.seat IS NULL THEN since.updated_at END, since.hold_expires_at, upper(since.during)
                ) AS ended_at
                WHERE since.doctor_id = w.doctor_id AND since.id <> o.appointment_id AND since.patient_id IS NOT NULL
                    AND lower(since.during) > o.created_at - interval '8 h' -- the longest visit
                    AND ended_at > o.created_at AND ended_at <= at_
            )
    )
$$;
COMMENT ON FUNCTION has_unused_offer(waitlist_entry, timestamptz) IS
'Whether a waitlist entry has had an offer that was answered or has expired, and no other appointment with the doctor has ended since, up to an instant.';
