-- Offers go out in waves, each twice as large as the last, so that the first in line have a head start and all get an offer soon.
CREATE OR REPLACE FUNCTION wave_delay(lead interval) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(greatest(lead / 48, interval '10 min'), interval '1 h')
$$;
COMMENT ON FUNCTION wave_delay(interval) IS 'The time from one wave to the next, for a slot that starts after the given time.';

CREATE OR REPLACE FUNCTION present_wave(a appointment, at_ timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE
            WHEN at_ < o.created_at + wave_delay(lower(a.during) - o.created_at)
                AND EXISTS (SELECT FROM offer AS l WHERE l.appointment_id = a.id AND l.status IN ('queued', 'sent'))
                THEN o.wave
            ELSE o.wave + 1
        END
        FROM offer AS o WHERE o.appointment_id = a.id
        ORDER BY o.wave DESC, o.id
        LIMIT 1
    ), 1)
$$;
COMMENT ON FUNCTION present_wave(appointment, timestamptz) IS
'The wave of an offer of this slot made at an instant: the last one, or the next one after its time is over or all its offers have ended.';

CREATE OR REPLACE FUNCTION offer_wave(a appointment, d doctor, at_ timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    wave_ integer := present_wave(a, at_);
    places integer := (SELECT (offer_first_wave * 2 ^ least(wave_ - 1, 16))::integer FROM policy)
        - (SELECT count(*)::integer FROM offer WHERE appointment_id = a.id AND wave = wave_);
BEGIN
    PERFORM make_offer(a, next_, wave_, at_)
    FROM (
        SELECT w FROM next_in_line(a, d, at_) AS w LIMIT greatest(places, 0)
    ) AS n (next_);
    -- the next event of these offers is their expiry
    UPDATE offer SET due_at = expires_at
    WHERE appointment_id = a.id AND status IN ('queued', 'sent') AND due_at <= at_;
END
$$;
COMMENT ON FUNCTION offer_wave(appointment, doctor, timestamptz) IS 'Offers a slot to further entries until its present wave is full.';

CREATE OR REPLACE FUNCTION next_in_line(a appointment, d doctor, at_ timestamptz) RETURNS SETOF waitlist_entry
LANGUAGE sql STABLE AS $$
    SELECT (w).* FROM (
        SELECT DISTINCT ON (w.patient_id) w
        FROM entries_in_line(a.doctor_id, at_) AS w
        WHERE w.status = 'waiting' AND slot_matches_entry(w, d, a.during, at_)
        ORDER BY w.patient_id, w.priority_class, w.id
    ) AS of_each
    ORDER BY (w).priority_class, (w).id
$$;
COMMENT ON FUNCTION next_in_line(appointment, doctor, timestamptz) IS
'The entries that a slot can be offered to next, in order. Each patient appears once.';

CREATE OR REPLACE FUNCTION make_offer(a appointment, w waitlist_entry, p_wave integer, at_ timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO offer (appointment_id, waitlist_entry_id, wave, created_at, due_at, expires_at)
    SELECT a.id, w.id, p_wave, at_, least(at_ + pause, ends), least(at_ + p.offer_waves * pause, ends)
    FROM policy AS p, (SELECT wave_delay(lower(a.during) - at_) AS pause, lower(a.during) - offer_notice(w) AS ends) AS t
$$;
COMMENT ON FUNCTION make_offer(appointment, waitlist_entry, integer, timestamptz) IS
'Offers a slot to an entry. The offer lasts policy.offer_waves times the time between waves, or until the entry''s minimum notice before the start, whichever comes first.';
