-- A doctor who is not verified is hidden from patients: not listed, 404 by id, no slots, no waitlist. Only admin.verify_doctor()
-- writes verified_at. Appointments from before are kept and may be moved, because a patient holds them.
CREATE OR REPLACE FUNCTION is_verified(d doctor, p policy) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (d.verified_at IS NOT NULL OR NOT p.require_verified_doctor) AND d.disabled_at IS NULL
$$;
COMMENT ON FUNCTION is_verified(doctor, policy) IS 'Whether a doctor is verified, or the policy does not ask; not if disabled.';
GRANT EXECUTE ON FUNCTION is_verified(doctor, policy) TO booking_app, booking_admin, booking_auditor;
