CREATE OR REPLACE FUNCTION has_claim(w waitlist_entry, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT w.status = 'offered' AND EXISTS (
        SELECT FROM offer AS o INNER JOIN appointment AS a ON o.appointment_id = a.id
        WHERE o.waitlist_entry_id = w.id AND o.status = 'accepted' AND a.status = 'pending'
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;
COMMENT ON FUNCTION has_claim(waitlist_entry, timestamptz) IS
'Whether the patient has claimed a slot through this entry that is still held and unpaid at an instant.';
