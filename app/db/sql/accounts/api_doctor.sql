-- A doctor's public profile. Whoever could not be booked by anybody, because not verified or erased, is not there.
CREATE OR REPLACE VIEW api_doctor AS
SELECT
    d.account_id AS id,
    d.full_name,
    d.specialty,
    d.experience_years,
    d.phone,
    d.timezone,
    d.slot_minutes,
    d.fee,
    d.currency
FROM doctor AS d
-- not a join, of which the planner would expect next to nothing
WHERE is_verified(d, (SELECT p FROM policy AS p)) AND NOT is_erased(d.account_id);
COMMENT ON VIEW api_doctor IS 'Doctors as the API shows them to everybody.';
GRANT SELECT ON api_doctor TO booking_app, booking_admin, booking_auditor;
