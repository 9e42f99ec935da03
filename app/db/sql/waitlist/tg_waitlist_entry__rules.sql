-- Joining is decided under the doctor's lock. Otherwise a slot that comes free at the same moment could miss the new entry.
CREATE OR REPLACE FUNCTION tg_waitlist_entry__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
    p policy;
    at_ timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('waitlist_entry_immutable', waitlist_entry_immutable(OLD, NEW));
        IF NEW.status <> OLD.status OR OLD.status NOT IN ('waiting', 'offered', 'paused') THEN
            PERFORM refuse('waitlist_entry_status_transition', waitlist_entry_status_transition(OLD.status, NEW.status));
        END IF;
        RETURN NEW;
    END IF;
    d := lock_doctor(NEW.doctor_id);
    -- waits for a concurrent erasure of the patient, as a booking does
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = NEW.patient_id;
    PERFORM refuse('waitlist_entry_patient_id_fkey', barred_patient(NEW.patient_id, true));
    PERFORM refuse('waitlist_entry_doctor_id_fkey', CASE WHEN is_erased(NEW.doctor_id) THEN 'This doctor no longer exists.' END);
    at_ := clock_timestamp();
    NEW.created_at := at_;
    NEW.priority_class := CASE WHEN was_canceled_by_doctor(NEW, at_) THEN 1::smallint ELSE 2::smallint END;
    PERFORM refuse('waitlist_entry_status_transition', waitlist_entry_status_transition(NULL, NEW.status));
    SELECT * INTO p FROM policy;
    PERFORM refuse('appointment_doctor_verified', appointment_doctor_verified(d, p));
    PERFORM refuse('waitlist_desired_date_window', waitlist_desired_date_window(d, NEW.desired_date, at_));
    PERFORM refuse('waitlist_only_when_full', waitlist_only_when_full(d, NEW.desired_date, at_));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__rules() IS 'Checks the rules of a waitlist entry that a constraint cannot express.';

CREATE OR REPLACE FUNCTION was_canceled_by_doctor(w waitlist_entry, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM appointment
        WHERE patient_id = w.patient_id AND doctor_id = w.doctor_id AND canceled_by = 'doctor'
            AND updated_at > at_ - interval '360 hours'
    )
$$;
COMMENT ON FUNCTION was_canceled_by_doctor(waitlist_entry, timestamptz) IS
'Whether the doctor has canceled an appointment of this patient within the last 15 days (360 hours). Such entries come first in line.';
