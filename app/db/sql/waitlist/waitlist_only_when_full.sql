-- A patient joins the waitlist only when the doctor has no free slot on that day (no day given: none in the window).
CREATE OR REPLACE FUNCTION waitlist_only_when_full(d doctor, desired_date date, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('This doctor has a free slot at %s: book it.', utc_text(starts_at))
    FROM free_slots(
        d.account_id,
        coalesce(desired_date::timestamp AT TIME ZONE d.timezone, '-infinity'),
        coalesce((desired_date + 1)::timestamp AT TIME ZONE d.timezone, 'infinity'),
        at_
    )
    LIMIT 1
$$;
COMMENT ON FUNCTION waitlist_only_when_full(doctor, date, timestamptz) IS
'One waits only for a doctor who has no free slot. Why there is nothing to wait for at an instant; NULL: the doctor is full.';
