-- Patients can cancel only before cancel_deadline, that is, while more than 72 hours (3 days) remain. Doctors and admins can cancel later.
CREATE OR REPLACE FUNCTION appointment_cancel_notice(actor text, cancel_deadline timestamptz, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN actor = 'patient' AND at_ >= cancel_deadline
            THEN format(
                'This appointment could be canceled until %s. Now only the doctor can cancel it.',
                utc_text(cancel_deadline)
            )
    END
$$;
COMMENT ON FUNCTION appointment_cancel_notice(text, timestamptz, timestamptz) IS
'A patient can cancel only while more than 72 hours (3 days) remain. Returns why an actor can no longer cancel at an instant, or NULL.';
