-- An unverified doctor is hidden from patients: not listed, 404 by id, no slots, no waitlist. Only admin.verify_doctor()
-- writes verified_at. Patients keep appointments that they booked before, and may move them.
CREATE OR REPLACE FUNCTION is_verified(d doctor, p policy) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (d.verified_at IS NOT NULL OR NOT p.require_verified_doctor) AND d.disabled_at IS NULL
$$;
COMMENT ON FUNCTION is_verified(doctor, policy) IS 'Whether a doctor is verified or the policy does not require it. False if the doctor is disabled.';
GRANT EXECUTE ON FUNCTION is_verified(doctor, policy) TO booking_app, booking_admin, booking_auditor;
