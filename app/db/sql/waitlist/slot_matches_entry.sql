CREATE OR REPLACE FUNCTION slot_matches_entry(w waitlist_entry, d doctor, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN matches_preferences(w, d, slot, at_)
            THEN NOT was_offered(w, slot) AND patient_is_free(w.patient_id, slot, at_)
        ELSE false
    END
$$;
COMMENT ON FUNCTION slot_matches_entry(waitlist_entry, doctor, tstzrange, timestamptz) IS
'Whether a slot can be offered to a waitlist entry at an instant: it matches the preferences, was not offered to the patient before, and the patient is free.';

CREATE OR REPLACE FUNCTION matches_preferences(w waitlist_entry, d doctor, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(w.desired_date = local_start::date, true)
        AND coalesce(w.earliest_time <= local_start::time, true)
        AND coalesce(w.latest_time >= local_start::time, true)
        AND lower(slot) - offer_notice(w) > at_
    FROM (SELECT lower(slot) AT TIME ZONE d.timezone AS local_start) AS s
$$;
COMMENT ON FUNCTION matches_preferences(waitlist_entry, doctor, tstzrange, timestamptz) IS
'Whether a slot matches the day, the times of day and the minimum notice of a waitlist entry.';

CREATE OR REPLACE FUNCTION offer_notice(w waitlist_entry) RETURNS interval
LANGUAGE sql STABLE AS $$
    SELECT greatest(offer_min_notice, make_interval(mins => w.min_notice_minutes)) FROM policy
$$;
COMMENT ON FUNCTION offer_notice(waitlist_entry) IS
'The minimum time between an offer and the start of its slot: policy.offer_min_notice or the entry''s own, whichever is longer.';

-- A slot that a patient let pass is not offered to them again until another patient has had it.
CREATE OR REPLACE FUNCTION was_offered(w waitlist_entry, slot tstzrange) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM offer AS o
        INNER JOIN waitlist_entry AS e ON o.waitlist_entry_id = e.id
        INNER JOIN appointment AS a ON o.appointment_id = a.id
        WHERE e.patient_id = w.patient_id AND a.doctor_id = w.doctor_id AND a.during = slot
            AND o.status IN ('queued', 'sent', 'accepted', 'declined', 'expired')
            AND NOT EXISTS (
                SELECT FROM appointment AS since
                WHERE since.doctor_id = w.doctor_id AND since.patient_id IS NOT NULL AND since.during && slot
                    AND CASE WHEN since.id = a.id
                        THEN since.status = 'canceled' AND o.status <> 'accepted' -- a claim by another patient
                        ELSE since.created_at > o.created_at
                    END
            )
    )
$$;
COMMENT ON FUNCTION was_offered(waitlist_entry, tstzrange) IS
'Whether the patient of an entry has or had an offer of this slot. An offer that was superseded does not count.';

CREATE OR REPLACE FUNCTION patient_is_free(p_patient bigint, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM appointment AS a
        WHERE a.patient_id = p_patient AND a.status IN ('pending', 'confirmed') AND a.during && slot
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;
COMMENT ON FUNCTION patient_is_free(bigint, tstzrange, timestamptz) IS
'Whether a patient has no active appointment that overlaps a slot.';
