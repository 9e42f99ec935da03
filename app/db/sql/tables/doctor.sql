REVOKE ALL ON doctor FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON doctor TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (
    account_id, full_name, phone, timezone, specialty, experience_years,
    slot_minutes, buffer_minutes, fee, currency, max_appointments
) ON doctor TO booking_app;
GRANT UPDATE (timezone, slot_minutes, buffer_minutes, max_appointments, fee, currency) ON doctor TO booking_admin;

COMMENT ON CONSTRAINT doctor_account_id_fkey ON doctor IS 'The profile of a doctor belongs to an account with the role doctor.';
COMMENT ON CONSTRAINT doctor_timezone_fkey ON doctor IS 'The time zone of a doctor is in the IANA database.';
COMMENT ON CONSTRAINT doctor_fee_valid ON doctor IS 'The fee must not be negative.';
COMMENT ON CONSTRAINT doctor_fee_has_no_minor_unit ON doctor IS 'A fee in a currency without decimals is a whole number.';
COMMENT ON CONSTRAINT doctor_slot_minutes_valid ON doctor IS 'A slot must last 5 to 480 minutes.';
COMMENT ON CONSTRAINT doctor_buffer_minutes_valid ON doctor IS 'A buffer must last 0 to 480 minutes.';
COMMENT ON CONSTRAINT doctor_max_appointments_valid ON doctor IS 'A doctor takes 0 to 30 appointments at a time.';
COMMENT ON CONSTRAINT doctor_experience_years_valid ON doctor IS 'A doctor has 0 to 80 years of experience.';

CREATE OR REPLACE TRIGGER tg_doctor__rules
BEFORE INSERT OR UPDATE OF fee, currency ON doctor
FOR EACH ROW EXECUTE FUNCTION tg_doctor__rules();
COMMENT ON TRIGGER tg_doctor__rules ON doctor IS 'Sets a missing fee or currency to the policy''s default, and checks that both are allowed.';

DROP TRIGGER IF EXISTS tg_doctor__hours ON doctor;
CREATE CONSTRAINT TRIGGER tg_doctor__hours
AFTER UPDATE OF timezone ON doctor DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION tg_working_hours__rules();
COMMENT ON TRIGGER tg_doctor__hours ON doctor IS 'At the end of the transaction, checks that a new time zone leaves no appointment outside the working hours.';

DROP TRIGGER IF EXISTS tg_doctor__waitlist ON doctor;
CREATE CONSTRAINT TRIGGER tg_doctor__waitlist
AFTER UPDATE ON doctor DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (
    (OLD.timezone, OLD.slot_minutes, OLD.buffer_minutes, OLD.max_appointments, OLD.verified_at, OLD.disabled_at)
    IS DISTINCT FROM (NEW.timezone, NEW.slot_minutes, NEW.buffer_minutes, NEW.max_appointments, NEW.verified_at, NEW.disabled_at)
)
EXECUTE FUNCTION tg_schedule__waitlist();
COMMENT ON TRIGGER tg_doctor__waitlist ON doctor IS 'At the end of the transaction, withdraws slots on offer and offers new ones.';
