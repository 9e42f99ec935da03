-- The rules an appointment must keep to take a slot: at booking, at a claim and at a move.
CREATE OR REPLACE FUNCTION place_appointment(a appointment, d doctor, p policy, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql AS $$
DECLARE
    of_doctor record;
    of_patient record;
BEGIN
    PERFORM refuse('appointment_booking_window', appointment_booking_window(lower(a.during), at_));
    PERFORM refuse('appointment_within_working_hours', appointment_within_working_hours(d, a.during));
    -- updated, not only locked, for the reason given at lock_doctor
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = a.patient_id;
    of_doctor := other_appointments_of_doctor(a, at_);
    of_patient := other_appointments_of_patient(a, at_);
    IF of_doctor.stale OR of_patient.stale THEN
        PERFORM retire_appointments(a.doctor_id, a.patient_id, at_);
        of_doctor := other_appointments_of_doctor(a, at_);
    END IF;
    PERFORM refuse('appointment_doctor_no_overlap', CASE WHEN of_doctor.clash THEN 'This slot is taken.' END);
    PERFORM refuse(
        'appointment_patient_no_overlap',
        CASE WHEN of_patient.clash THEN 'You already have an appointment at that time.' END
    );
    IF a.status = 'pending' AND a.hold_expires_at IS NULL THEN
        PERFORM refuse('appointment_patient_hold_limit', appointment_patient_hold_limit(of_patient.holds, p));
    END IF;
    IF a.seat IS NULL THEN
        PERFORM refuse('appointment_doctor_cap', appointment_doctor_cap(of_doctor.active, d));
        a.seat := lowest_free_seat(of_doctor.seats);
    END IF;
    RETURN a;
END
$$;
COMMENT ON FUNCTION place_appointment(appointment, doctor, policy, timestamptz) IS
'Refuses a place that breaks a rule, else returns the row with its seat. The doctor must be locked.';

CREATE OR REPLACE FUNCTION other_appointments_of_doctor(
    a appointment, at_ timestamptz, OUT active integer, OUT seats integer, OUT stale boolean, OUT clash boolean
)
LANGUAGE sql STABLE AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        coalesce(bit_or(1 << seat), 0),
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT seat, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE doctor_id = a.doctor_id AND seat IS NOT NULL AND id <> a.id
    ) AS o
$$;
COMMENT ON FUNCTION other_appointments_of_doctor(appointment, timestamptz) IS
'One look at the doctor''s other rows that hold a seat: how many are active, which seats (as bits), any lapsed, any in the way.';

CREATE OR REPLACE FUNCTION other_appointments_of_patient(
    a appointment, at_ timestamptz, OUT holds integer, OUT stale boolean, OUT clash boolean
)
LANGUAGE sql STABLE AS $$
    SELECT
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE patient_id = a.patient_id AND seat IS NOT NULL AND id <> a.id
    ) AS o
$$;
COMMENT ON FUNCTION other_appointments_of_patient(appointment, timestamptz) IS
'One look at the patient''s other rows that hold a seat: how many live holds, any lapsed, any at the same time.';

CREATE OR REPLACE FUNCTION lowest_free_seat(seats integer) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    FOR seat IN 1..30 LOOP
        IF seats & (1 << seat) = 0 THEN
            RETURN seat;
        END IF;
    END LOOP;
    -- a lapsed row keeps its seat while another transaction is retiring it
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'All seats are taken by lapsing appointments; try again.';
END
$$;
COMMENT ON FUNCTION lowest_free_seat(integer) IS 'The lowest of the seats 1 to 30 whose bit is not set.';
