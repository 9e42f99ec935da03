REVOKE ALL ON time_off FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON time_off TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, during, reason), DELETE ON time_off TO booking_admin;

COMMENT ON CONSTRAINT time_off_during_valid ON time_off IS 'Time off has a start and a later end.';
COMMENT ON CONSTRAINT time_off_doctor_id_fkey ON time_off IS 'Time off belongs to a doctor.';

CREATE OR REPLACE TRIGGER tg_time_off__lock
BEFORE INSERT OR UPDATE ON time_off
FOR EACH ROW EXECUTE FUNCTION tg_time_off__lock();
COMMENT ON TRIGGER tg_time_off__lock ON time_off IS 'Locks the doctor, as every change of the schedule does.';

DROP TRIGGER IF EXISTS tg_time_off__rules ON time_off;
CREATE CONSTRAINT TRIGGER tg_time_off__rules
AFTER INSERT OR UPDATE ON time_off DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_time_off__rules();
COMMENT ON TRIGGER tg_time_off__rules ON time_off IS 'At the end of the transaction, checks that the time off covers no appointment of a patient.';

DROP TRIGGER IF EXISTS tg_time_off__waitlist ON time_off;
CREATE CONSTRAINT TRIGGER tg_time_off__waitlist
AFTER INSERT OR UPDATE OR DELETE ON time_off DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_schedule__waitlist();
COMMENT ON TRIGGER tg_time_off__waitlist ON time_off IS 'At the end of the transaction, withdraws slots on offer and offers new ones.';
