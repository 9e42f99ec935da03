-- A patient has at most policy.patient_hold_limit unpaid holds that have not lapsed.
CREATE OR REPLACE FUNCTION appointment_patient_hold_limit(live_holds integer, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN live_holds >= p.patient_hold_limit
            THEN format('You already have %s unpaid bookings. Pay for one or cancel one first.', live_holds)
    END
$$;
COMMENT ON FUNCTION appointment_patient_hold_limit(integer, policy) IS
'A patient has at most as many unpaid holds as the policy allows. Returns why a patient with this number of other unpaid holds cannot make another one, or NULL.';
