-- The same rules apply as for other moves. The patient may cancel until the new start, as after a move by the doctor.
CREATE OR REPLACE FUNCTION admin.reschedule_appointment(id bigint, start timestamptz) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'To list a doctor''s appointments, run: SELECT * FROM admin.day_sheet WHERE doctor = ...;');
    PERFORM refuse_input('No start is given.', slots_hint(p_id, now())) WHERE start IS NULL;
    PERFORM lock_doctor_of(p_id);
    PERFORM act_as('admin');
    PERFORM move_appointment(p_id, start);
    PERFORM act_as('');
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation OR exclusion_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(SQLSTATE, rule, why, slots_hint(p_id, start));
END
$$;
COMMENT ON FUNCTION admin.reschedule_appointment(bigint, timestamptz) IS
'Moves an appointment that has not begun to its doctor''s slot with the given start. It keeps its id and payment. The patient and the doctor get a mail, the patient may cancel until the new start, and the old slot is offered to the waitlist. Returns the appointment.';
REVOKE EXECUTE ON FUNCTION admin.reschedule_appointment(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.reschedule_appointment(bigint, timestamptz) TO booking_admin;

CREATE OR REPLACE FUNCTION slots_hint(p_appointment bigint, p_start timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        'Nearest free slots: ' || (
            SELECT string_agg(s.starts_at::text, ', ' ORDER BY s.starts_at)
            FROM nearest_free_slots(a.patient_id, a.doctor_id, p_start, a.id, 3) AS s
        ) || '.',
        format('To see its status, run: SELECT * FROM admin.day_sheet WHERE appointment = %s;', a.id)
    )
    FROM appointment AS a WHERE a.id = p_appointment
$$;
COMMENT ON FUNCTION slots_hint(bigint, timestamptz) IS
'A hint with the free slots near an instant that an appointment could be moved to, in the session''s time zone. If there are none, a hint how to see the appointment.';
