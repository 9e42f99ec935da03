-- A doctor's fee and currency are among those that the policy allows.
CREATE OR REPLACE FUNCTION doctor_fee_allowed(d doctor, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN d.fee > p.max_fee THEN format('The fee must be at most %s.', p.max_fee)
        WHEN d.currency <> ALL (p.currencies)
            THEN format('The currency must be one of %s.', array_to_string(p.currencies, ', '))
    END
$$;
COMMENT ON FUNCTION doctor_fee_allowed(doctor, policy) IS 'A doctor''s fee and currency are among those that the policy allows. Returns why they are not, or NULL.';
