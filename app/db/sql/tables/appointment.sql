REVOKE ALL ON appointment FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON appointment TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, during), UPDATE (status, during, cancel_reason) ON appointment TO booking_admin;

-- Each rule in a sentence, for those that are declared; the others' are in the comments of their functions. What a foreign
-- key that nothing a client sends can break refers to says enough by itself.
COMMENT ON CONSTRAINT appointment_doctor_no_overlap ON appointment IS 'A doctor is never double-booked, nor by overlapping times.';
COMMENT ON CONSTRAINT appointment_patient_no_overlap ON appointment IS 'A patient is never in two places at once.';
COMMENT ON CONSTRAINT appointment_doctor_cap ON appointment IS 'A doctor has at most 30 active appointments, each on a seat of its own, or fewer if the doctor says so.';
COMMENT ON INDEX appointment_doctor_seat IS 'No two active appointments of a doctor have the same seat.';
COMMENT ON CONSTRAINT appointment_doctor_id_fkey ON appointment IS 'Only doctors are booked.';
COMMENT ON CONSTRAINT appointment_patient_id_fkey ON appointment IS 'Only patients book.';
COMMENT ON CONSTRAINT appointment_canceled_by_valid ON appointment IS 'A canceled appointment says which side canceled it, and no other does.';
COMMENT ON CONSTRAINT appointment_during_valid ON appointment IS 'An appointment has a beginning and an end, and is not empty.';
COMMENT ON CONSTRAINT appointment_hold_has_end ON appointment IS 'A hold ends at some time.';
COMMENT ON CONSTRAINT appointment_patient_iff_claimed ON appointment IS 'An appointment has a patient, unless it is only on offer.';
COMMENT ON CONSTRAINT appointment_seat_iff_active ON appointment IS 'An appointment has a seat while it is active, and no longer.';
COMMENT ON CONSTRAINT appointment_status_valid ON appointment IS 'An appointment has a status that there is.';

CREATE OR REPLACE TRIGGER tg_appointment__rules
BEFORE INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_appointment__rules();
COMMENT ON TRIGGER tg_appointment__rules ON appointment IS
'Lock the doctor, read the clock, then: transition, window, hours, overlap, hold limit, cap and seat, notice, payment.';

CREATE OR REPLACE TRIGGER tg_appointment__actor
BEFORE INSERT OR UPDATE ON appointment
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_appointment__actor ON appointment IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_appointment__history
AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_appointment__history ON appointment IS 'Records who, when and what status.';

CREATE OR REPLACE TRIGGER tg_appointment__outbox
AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_appointment__outbox();
COMMENT ON TRIGGER tg_appointment__outbox ON appointment IS 'Writes the outbox in the transaction of the event.';

-- A retired row is left out: its writer need not hold the doctor's lock, so the sweep sees to what it frees.
DROP TRIGGER IF EXISTS tg_appointment__waitlist ON appointment;
CREATE CONSTRAINT TRIGGER tg_appointment__waitlist
AFTER UPDATE ON appointment DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.seat IS NOT NULL AND (NEW.status = 'canceled' OR NEW.during <> OLD.during))
EXECUTE FUNCTION tg_appointment__waitlist();
COMMENT ON TRIGGER tg_appointment__waitlist ON appointment IS 'At the end of the transaction: a canceled or moved appointment''s place goes to the waitlist.';
