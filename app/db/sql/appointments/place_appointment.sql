-- The rules for taking a slot: when an appointment is booked, claimed or moved.
CREATE OR REPLACE FUNCTION place_appointment(a appointment, d doctor, p policy, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql AS $$
DECLARE
    of_doctor other_appointments;
    of_patient other_appointments;
    broken record;
BEGIN
    -- updated, not only locked, for the reason given in lock_doctor.sql
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = a.patient_id;
    PERFORM refuse('appointment_patient_id_fkey', barred_patient(a.patient_id, a.seat IS NULL));
    of_doctor := other_appointments_of_doctor(a, at_);
    of_patient := other_appointments_of_patient(a, at_);
    SELECT * INTO broken FROM broken_rules(a, d, p, at_, of_doctor, of_patient) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse(broken.rule, broken.why);
    END IF;
    IF of_doctor.stale OR of_patient.stale THEN
        PERFORM retire_appointments(a.doctor_id, a.patient_id, at_);
        of_doctor := other_appointments_of_doctor(a, at_);
    END IF;
    IF a.seat IS NULL THEN
        a.seat := lowest_free_seat(of_doctor.seats);
    END IF;
    RETURN a;
END
$$;
COMMENT ON FUNCTION place_appointment(appointment, doctor, policy, timestamptz) IS
'Refuses an appointment that breaks a rule; otherwise returns the row with its seat. The doctor must be locked.';

CREATE OR REPLACE FUNCTION lowest_free_seat(seats integer) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    FOR seat IN 1..30 LOOP
        IF seats & (1 << seat) = 0 THEN
            RETURN seat::smallint;
        END IF;
    END LOOP;
    -- a lapsed row keeps its seat until another transaction has retired it
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'All seats are taken by lapsing appointments. Try again.';
END
$$;
COMMENT ON FUNCTION lowest_free_seat(integer) IS 'The lowest of the seats 1 to 30 whose bit is not set.';
