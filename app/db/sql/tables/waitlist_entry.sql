REVOKE ALL ON waitlist_entry FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON waitlist_entry TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, desired_date), UPDATE (status) ON waitlist_entry TO booking_admin;

COMMENT ON INDEX waitlist_entry_unique IS 'A patient has at most one live waitlist entry for a doctor and day.';
COMMENT ON CONSTRAINT waitlist_entry_doctor_id_fkey ON waitlist_entry IS 'Only doctors have waitlists.';
COMMENT ON CONSTRAINT waitlist_entry_patient_id_fkey ON waitlist_entry IS 'Only patients can join a waitlist.';
COMMENT ON CONSTRAINT waitlist_entry_times_valid ON waitlist_entry IS 'The earliest time of a waitlist entry is not after its latest time.';
COMMENT ON CONSTRAINT waitlist_entry_min_notice_minutes_valid ON waitlist_entry IS 'The minimum notice of a waitlist entry is 0 to 21600 minutes.';
COMMENT ON CONSTRAINT waitlist_entry_priority_class_valid ON waitlist_entry IS 'The priority class of a waitlist entry is 1 or 2.';
COMMENT ON CONSTRAINT waitlist_entry_status_valid ON waitlist_entry IS 'A waitlist entry has a known status.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__actor
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_waitlist_entry__actor ON waitlist_entry IS 'Direct writes to this table act as admin.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__history
AFTER INSERT OR UPDATE ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_waitlist_entry__history ON waitlist_entry IS 'Records the patient, doctor, day and status of the entry.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__outbox
AFTER INSERT ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_waitlist_entry__outbox();
COMMENT ON TRIGGER tg_waitlist_entry__outbox ON waitlist_entry IS 'Queues the mail in the transaction of the change.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__offers
AFTER UPDATE OF status ON waitlist_entry
FOR EACH ROW WHEN (old.status = 'offered' AND new.status IN ('fulfilled', 'left', 'lapsed'))
EXECUTE FUNCTION tg_waitlist_entry__offers();
COMMENT ON TRIGGER tg_waitlist_entry__offers ON waitlist_entry IS 'Ends the offers of an entry that has ended.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__rules
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_waitlist_entry__rules();
COMMENT ON TRIGGER tg_waitlist_entry__rules ON waitlist_entry IS
'Locks the doctor, reads the clock, and checks the rules in this order: transition, doctor verified, desired date in the window, doctor full.';
