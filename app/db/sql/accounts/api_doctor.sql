-- The public profiles of doctors. Erased doctors and doctors who are not verified are left out.
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
-- a subquery, because the planner would estimate the rows of a join far too low
WHERE is_verified(d, (SELECT p FROM policy AS p)) AND NOT is_erased(d.account_id);
COMMENT ON VIEW api_doctor IS 'The doctors that the API lists.';
GRANT SELECT ON api_doctor TO booking_app, booking_admin, booking_auditor;
