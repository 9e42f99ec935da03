REVOKE ALL ON waitlist_entry FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON waitlist_entry TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, desired_date), UPDATE (status) ON waitlist_entry TO booking_admin;

COMMENT ON INDEX waitlist_entry_unique IS 'Nobody waits twice for the same doctor and day.';
COMMENT ON CONSTRAINT waitlist_entry_doctor_id_fkey ON waitlist_entry IS 'One waits for doctors only.';
COMMENT ON CONSTRAINT waitlist_entry_patient_id_fkey ON waitlist_entry IS 'Only patients wait.';
COMMENT ON CONSTRAINT waitlist_entry_times_valid ON waitlist_entry IS 'The earliest time that suits is not after the latest.';
COMMENT ON CONSTRAINT waitlist_entry_min_notice_minutes_valid ON waitlist_entry IS 'The notice that an offer must give is 0 to 21600 minutes.';
COMMENT ON CONSTRAINT waitlist_entry_priority_class_valid ON waitlist_entry IS 'A waitlist entry is of the first or the second class.';
COMMENT ON CONSTRAINT waitlist_entry_status_valid ON waitlist_entry IS 'A waitlist entry has a status that there is.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__actor
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_waitlist_entry__actor ON waitlist_entry IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__history
AFTER INSERT OR UPDATE ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_waitlist_entry__history ON waitlist_entry IS 'Records who waits for whom, and the status.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__outbox
AFTER INSERT ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_waitlist_entry__outbox();
COMMENT ON TRIGGER tg_waitlist_entry__outbox ON waitlist_entry IS 'Writes the outbox in the transaction of the event.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__offers
AFTER UPDATE OF status ON waitlist_entry
FOR EACH ROW WHEN (old.status = 'offered' AND new.status IN ('fulfilled', 'left', 'lapsed'))
EXECUTE FUNCTION tg_waitlist_entry__offers();
COMMENT ON TRIGGER tg_waitlist_entry__offers ON waitlist_entry IS 'Whoever no longer waits is no longer offered anything.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__rules
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_waitlist_entry__rules();
COMMENT ON TRIGGER tg_waitlist_entry__rules ON waitlist_entry IS
'Lock the doctor, read the clock, then: transition, doctor verified, date inside the window, doctor full.';
