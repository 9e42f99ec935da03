REVOKE ALL ON working_hours FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON working_hours TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, weekday, start_minute, end_minute) ON working_hours TO booking_app;
GRANT INSERT (doctor_id, weekday, start_minute, end_minute), DELETE ON working_hours TO booking_admin;

COMMENT ON CONSTRAINT working_hours_no_overlap ON working_hours IS 'A doctor''s working hours never overlap.';
COMMENT ON CONSTRAINT working_hours_weekday_valid ON working_hours IS 'The weekday must be 1 (Monday) to 7 (Sunday).';
COMMENT ON CONSTRAINT working_hours_minutes_valid ON working_hours IS 'Working hours start before they end, within one day.';
COMMENT ON CONSTRAINT working_hours_doctor_id_fkey ON working_hours IS 'Working hours belong to a doctor.';

CREATE OR REPLACE TRIGGER tg_working_hours__lock
BEFORE INSERT OR UPDATE OR DELETE ON working_hours
FOR EACH ROW EXECUTE FUNCTION tg_working_hours__lock();
COMMENT ON TRIGGER tg_working_hours__lock ON working_hours IS 'Locks the doctor, as every change of the schedule does.';

DROP TRIGGER IF EXISTS tg_working_hours__rules ON working_hours;
CREATE CONSTRAINT TRIGGER tg_working_hours__rules
AFTER UPDATE OR DELETE ON working_hours DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_working_hours__rules();
COMMENT ON TRIGGER tg_working_hours__rules ON working_hours IS 'At the end of the transaction, checks that no appointment is left outside the hours.';

DROP TRIGGER IF EXISTS tg_working_hours__waitlist ON working_hours;
CREATE CONSTRAINT TRIGGER tg_working_hours__waitlist
AFTER INSERT OR UPDATE OR DELETE ON working_hours DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_schedule__waitlist();
COMMENT ON TRIGGER tg_working_hours__waitlist ON working_hours IS 'At the end of the transaction, withdraws slots on offer and offers new ones.';
