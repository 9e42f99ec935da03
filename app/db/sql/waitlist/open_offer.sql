CREATE OR REPLACE FUNCTION open_offer(p_patient bigint, p_doctor bigint, p_start timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT o.id
    FROM waitlist_entry AS w
    INNER JOIN offer AS o ON o.waitlist_entry_id = w.id
    INNER JOIN appointment AS a ON o.appointment_id = a.id
    WHERE w.patient_id = p_patient AND w.doctor_id = p_doctor AND w.status = 'offered' AND lower(a.during) = p_start
        AND o.status IN ('queued', 'sent') AND o.expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION open_offer(bigint, bigint, timestamptz) IS
'The offer with which a patient can claim a doctor''s slot that starts at an instant, or NULL.';
