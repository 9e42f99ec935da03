REVOKE ALL ON policy FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON policy TO booking_app, booking_admin, booking_auditor;
GRANT UPDATE (
    hold_minutes, review_hours, patient_hold_limit, reminder_lead, require_verified_doctor, offer_first_wave, offer_min_notice, offer_waves,
    default_fee, default_currency, max_fee, currencies
) ON policy TO booking_admin;

COMMENT ON CONSTRAINT policy_default_currency_valid ON policy IS 'The default currency is one of those allowed.';
COMMENT ON CONSTRAINT policy_default_fee_valid ON policy IS 'The default fee is not negative and at most the highest fee.';
COMMENT ON CONSTRAINT policy_hold_minutes_valid ON policy IS 'A hold lasts 1 to 1440 minutes.';
COMMENT ON CONSTRAINT policy_max_fee_valid ON policy IS 'The highest fee is between 0 and 1000000.';
COMMENT ON CONSTRAINT policy_offer_first_wave_valid ON policy IS 'The first wave of offers goes to 1 to 100 patients.';
COMMENT ON CONSTRAINT policy_offer_min_notice_valid ON policy IS 'The minimum notice of offers is 0 to 72 hours.';
COMMENT ON CONSTRAINT policy_offer_waves_valid ON policy IS 'An offer lasts 1 to 24 waves.';
COMMENT ON CONSTRAINT policy_one_row ON policy IS 'There is only one policy.';
COMMENT ON CONSTRAINT policy_patient_hold_limit_valid ON policy IS 'A patient may have 1 to 30 unpaid holds.';
COMMENT ON CONSTRAINT policy_reminder_lead_valid ON policy IS 'Patients get a reminder 1 to 168 hours before the start.';
COMMENT ON CONSTRAINT policy_review_hours_valid ON policy IS 'A slot is held for 1 to 336 hours while PayPal reviews a payment.';

CREATE OR REPLACE TRIGGER tg_policy__actor
BEFORE UPDATE ON policy
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_policy__actor ON policy IS 'Direct writes to this table act as admin.';

CREATE OR REPLACE TRIGGER tg_policy__history
AFTER INSERT OR UPDATE ON policy
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_policy__history ON policy IS 'Records every value of the policy.';
