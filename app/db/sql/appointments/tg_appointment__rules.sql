-- Decides which states an appointment can take, under the doctor's lock and by the clock after the wait for the lock.
CREATE OR REPLACE FUNCTION tg_appointment__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
    p policy;
    at_ timestamptz;
    moves boolean := TG_OP = 'INSERT';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF booking_actor() = 'purge' THEN
            -- a purge removes the reason and changes nothing else
            OLD.cancel_reason := NULL;
            RETURN OLD;
        END IF;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            -- an ended row refuses even an update without a change. This distinguishes a second cancellation from the first,
            -- and a move to the same time from one that comes too late.
            PERFORM refuse(
                'appointment_status_transition',
                appointment_status_transition(OLD.status, NEW.status, OLD.hold_expires_at, OLD.during, clock_timestamp())
            );
            RETURN NEW;
        END IF;
        PERFORM refuse('appointment_immutable', appointment_immutable(OLD, NEW, booking_actor()));
        moves := NEW.during <> OLD.during OR NEW.patient_id IS DISTINCT FROM OLD.patient_id;
    END IF;
    -- retiring a row only frees a slot, so it does not need the doctor's lock (a patient's booking with another doctor may do it)
    IF moves OR NEW.status NOT IN ('expired', 'completed', 'no_show', 'released') THEN
        d := lock_doctor(NEW.doctor_id);
    END IF;
    at_ := clock_timestamp();
    SELECT * INTO p FROM policy;

    IF TG_OP = 'INSERT' THEN
        NEW := new_appointment(NEW, d, at_);
        PERFORM refuse(
            'appointment_status_transition',
            appointment_status_transition(NULL, NEW.status, NULL, NEW.during, at_)
        );
    ELSE
        PERFORM refuse(
            'appointment_status_transition',
            appointment_status_transition(OLD.status, NEW.status, OLD.hold_expires_at, OLD.during, at_)
        );
        NEW := changed_appointment(OLD, NEW, at_);
    END IF;
    IF moves THEN
        NEW := place_appointment(NEW, d, p, at_);
        IF NEW.status = 'pending' AND NEW.hold_expires_at IS NULL THEN
            NEW.hold_expires_at := least(at_ + make_interval(mins => p.hold_minutes), lower(NEW.during));
        END IF;
    END IF;
    PERFORM refuse('appointment_confirmed_is_paid', appointment_confirmed_is_paid(NEW));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_appointment__rules() IS
'Applies every rule of an appointment that a constraint cannot declare, and sets the columns that only triggers may set.';

CREATE OR REPLACE FUNCTION new_appointment(a appointment, d doctor, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    a.fee := d.fee;
    a.currency := d.currency;
    IF a.status = 'pending' AND d.fee = 0 THEN
        a.status := 'confirmed';
    END IF;
    a.seat := NULL;
    a.hold_expires_at := NULL;
    a.cancel_deadline := lower(a.during) - interval '72 hours';
    a.canceled_by := NULL;
    a.version := 1;
    a.created_at := at_;
    a.updated_at := at_;
    RETURN a;
END
$$;
COMMENT ON FUNCTION new_appointment(appointment, doctor, timestamptz) IS
'A new row, with the columns that follow from the doctor and the clock, regardless of the values that the writer gave.';

CREATE OR REPLACE FUNCTION changed_appointment(was appointment, becomes appointment, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql STABLE AS $$
DECLARE
    actor text := booking_actor();
BEGIN
    IF becomes.status = 'canceled' THEN
        PERFORM refuse('appointment_cancel_notice', appointment_cancel_notice(actor, was.cancel_deadline, at_));
        becomes.canceled_by := CASE actor WHEN 'payer' THEN 'patient' ELSE actor END;
    END IF;
    IF becomes.status NOT IN ('offered', 'pending', 'confirmed') THEN
        becomes.seat := NULL;
    END IF;
    IF becomes.during <> was.during THEN
        becomes.cancel_deadline := CASE actor
            -- never later: otherwise a patient could move a visit away and then cancel it
            WHEN 'patient' THEN least(was.cancel_deadline, lower(becomes.during) - interval '72 hours')
            -- the patient did not choose the new time, so the deadline starts anew
            ELSE lower(becomes.during)
        END;
    END IF;
    -- a move never extends a hold and never creates one
    becomes.hold_expires_at := CASE
        WHEN becomes.status <> 'confirmed' AND was.hold_expires_at IS NOT NULL
            THEN least(becomes.hold_expires_at, lower(becomes.during))
    END;
    IF becomes.status <> was.status OR becomes.during <> was.during OR becomes.patient_id IS DISTINCT FROM was.patient_id THEN
        becomes.version := was.version + 1;
    END IF;
    becomes.updated_at := at_;
    RETURN becomes;
END
$$;
COMMENT ON FUNCTION changed_appointment(appointment, appointment, timestamptz) IS
'A changed row, with the columns that follow from the change and from the actor.';
