REVOKE ALL ON appointment FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON appointment TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, during), UPDATE (status, during, cancel_reason) ON appointment TO booking_admin;

-- These comments state the declared rules, and the comments of functions state the others. A foreign key that no client
-- request can break needs none.
COMMENT ON CONSTRAINT appointment_doctor_no_overlap ON appointment IS 'A doctor''s active appointments never overlap.';
COMMENT ON CONSTRAINT appointment_patient_no_overlap ON appointment IS 'A patient''s active appointments never overlap.';
COMMENT ON CONSTRAINT appointment_doctor_cap ON appointment IS 'A doctor has at most 30 active appointments, or fewer if the doctor sets a lower limit.';
COMMENT ON INDEX appointment_doctor_seat IS 'No two active appointments of a doctor have the same seat.';
COMMENT ON CONSTRAINT appointment_doctor_id_fkey ON appointment IS 'Only doctors can be booked.';
COMMENT ON CONSTRAINT appointment_patient_id_fkey ON appointment IS 'Only patients can book.';
COMMENT ON CONSTRAINT appointment_canceled_by_valid ON appointment IS 'Only a canceled appointment records who canceled it, and each does.';
COMMENT ON CONSTRAINT appointment_during_valid ON appointment IS 'An appointment has a start and a later end.';
COMMENT ON CONSTRAINT appointment_hold_has_end ON appointment IS 'Every hold has an end.';
COMMENT ON CONSTRAINT appointment_patient_iff_claimed ON appointment IS 'An appointment has a patient unless it is a slot on offer.';
COMMENT ON CONSTRAINT appointment_seat_iff_active ON appointment IS 'An appointment has a seat if and only if it is active.';
COMMENT ON CONSTRAINT appointment_status_valid ON appointment IS 'An appointment has a known status.';

CREATE OR REPLACE TRIGGER tg_appointment__rules
BEFORE INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_appointment__rules();
COMMENT ON TRIGGER tg_appointment__rules ON appointment IS
'Locks the doctor, reads the clock, and checks the rules in this order: transition, window, hours, overlap, hold limit, cap and seat, notice, payment.';

CREATE OR REPLACE TRIGGER tg_appointment__actor
BEFORE INSERT OR UPDATE ON appointment
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_appointment__actor ON appointment IS 'Direct writes to this table act as admin.';

CREATE OR REPLACE TRIGGER tg_appointment__history
AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_appointment__history ON appointment IS 'Records the parties, times and status of the appointment.';

CREATE OR REPLACE TRIGGER tg_appointment__outbox
AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_appointment__outbox();
COMMENT ON TRIGGER tg_appointment__outbox ON appointment IS 'Queues the mails in the transaction of the change.';

-- Skips retired appointments: their writer may not hold the doctor's lock, so the sweep offers those slots.
DROP TRIGGER IF EXISTS tg_appointment__waitlist ON appointment;
CREATE CONSTRAINT TRIGGER tg_appointment__waitlist
AFTER UPDATE ON appointment DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.seat IS NOT NULL AND (NEW.status = 'canceled' OR NEW.during <> OLD.during))
EXECUTE FUNCTION tg_appointment__waitlist();
COMMENT ON TRIGGER tg_appointment__waitlist ON appointment IS 'At the end of the transaction, offers the slot of a canceled or moved appointment to the waitlist.';
