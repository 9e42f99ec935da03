CREATE OR REPLACE FUNCTION waitlist_only_when_full(d doctor, desired_date date, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('This doctor has a free slot at %s. Book it instead.', utc_text(starts_at))
    FROM free_slots(
        d.account_id,
        coalesce(desired_date::timestamp AT TIME ZONE d.timezone, '-infinity'),
        coalesce((desired_date + 1)::timestamp AT TIME ZONE d.timezone, 'infinity'),
        at_
    )
    LIMIT 1
$$;
COMMENT ON FUNCTION waitlist_only_when_full(doctor, date, timestamptz) IS
'Patients can join the waitlist only while the doctor has no free slot on that day, or on any day if none is given. Returns why joining is not allowed at an instant, or NULL if the doctor is full.';
