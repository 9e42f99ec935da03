"""Invariants of the bookings, as SQL queries that share nothing with the rules that enforce them."""

from collections.abc import Sequence

from asyncpg import Connection

# Records every version of every appointment, also for changes that a superuser makes with triggers off.
RECORD = """
    CREATE SEQUENCE recorded_at;
    CREATE TABLE recorded AS SELECT 0::bigint AS n, ''::text AS actor, * FROM appointment WITH NO DATA;
    CREATE INDEX ON recorded (doctor_id);
    GRANT SELECT ON recorded TO PUBLIC;
    CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO recorded
        SELECT nextval('recorded_at'), coalesce(split_part(current_setting('booking.actor', true), ':', 1), ''), NEW.*;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER record AFTER INSERT OR UPDATE ON appointment FOR EACH ROW EXECUTE FUNCTION record();
    ALTER TABLE appointment ENABLE ALWAYS TRIGGER record;
"""

# Each query returns violations. Its tables are the CTEs below.
INVARIANTS = {
    # of the current rows
    "a doctor is in two places at once": """
        SELECT a.id, b.id FROM seated AS a, seated AS b
        WHERE a.doctor_id = b.doctor_id AND a.id < b.id AND a.during && b.during""",
    "a patient is in two places at once": """
        SELECT a.id, b.id FROM seated AS a, seated AS b
        WHERE a.patient_id = b.patient_id AND a.id < b.id AND a.during && b.during""",
    "two appointments have one seat": """
        SELECT min(id), max(id) FROM seated GROUP BY doctor_id, seat HAVING count(*) > 1""",
    "an active appointment has no seat from 1 to 30": """
        SELECT id, seat FROM seated WHERE seat IS NULL OR seat < 1 OR seat > 30""",
    "an ended appointment keeps its seat": """
        SELECT id, seat FROM a WHERE status IN ('released', 'expired', 'canceled', 'completed', 'no_show')
            AND seat IS NOT NULL""",
    "a doctor has more appointments than their limit": """
        SELECT doctor_id, count(*) FROM seated WHERE is_live
        GROUP BY doctor_id HAVING count(*) > 30 OR count(*) > $2""",
    "a future appointment is in time off": """
        SELECT held.id, t.id FROM held, time_off AS t WHERE t.doctor_id = held.doctor_id AND t.during && held.during""",
    "a future appointment is outside the working hours": """
        SELECT held.id, 0 FROM held
        WHERE NOT EXISTS (
            SELECT FROM working_hours AS w
            WHERE w.doctor_id = held.doctor_id
                AND w.weekday = extract(isodow FROM held.local_start)
                AND w.start_minute <= extract(epoch FROM held.local_start - date_trunc('day', held.local_start)) / 60
                AND w.end_minute >= extract(epoch FROM held.local_end - date_trunc('day', held.local_start)) / 60
        )""",
    "a patient has too many holds": """
        SELECT patient_id, count(*) FROM seated WHERE is_live AND status = 'pending' GROUP BY patient_id
        HAVING count(*) > (SELECT patient_hold_limit FROM policy)""",
    "a hold is too long": """
        SELECT a.id, 0 FROM a, policy
        WHERE status = 'pending' AND (
            hold_expires_at > lower(during)
            OR hold_expires_at > make_interval(mins => hold_minutes) + coalesce((
                SELECT updated_at + interval '5 s' FROM o WHERE o.appointment_id = a.id AND o.status = 'accepted'
            ), a.created_at) AND NOT EXISTS (
                SELECT FROM m WHERE m.appointment_id = a.id AND (
                    m.status = 'capturing' AND a.hold_expires_at <= clock_timestamp() + interval '10 min'
                    OR m.status = 'pending_review'
                    AND a.hold_expires_at <= m.updated_at + make_interval(hours => review_hours, secs => 5)
                )
            )
        )""",
    "a confirmed appointment is not paid": """
        SELECT id, 0 FROM a WHERE status = 'confirmed' AND fee > 0 AND id NOT IN (SELECT appointment_id FROM bought)""",
    "an appointment is paid twice": """
        SELECT appointment_id, count(*) FROM bought GROUP BY appointment_id HAVING count(*) > 1""",
    "an appointment was paid at another price": """
        SELECT m.id, a.id FROM m, a WHERE a.id = m.appointment_id AND (m.amount <> a.fee OR m.currency <> a.currency)""",
    "a payment without an appointment is not refunded": """
        SELECT m.id, a.id FROM m, a
        WHERE a.id = m.appointment_id AND m.status IN ('captured', 'partially_refunded') AND NOT refused
            AND (m.without_slot OR a.status NOT IN ('confirmed', 'completed', 'no_show')) AND going_back < m.amount""",
    "a confirmed appointment is refunded": """
        SELECT m.id, a.id FROM bought AS m, a WHERE a.id = m.appointment_id AND a.status = 'confirmed' AND going_back > 0""",
    "refunds exceed the payment": """
        SELECT id, 0 FROM m WHERE going_back > amount OR going_back > 0 AND capture_id IS NULL""",
    "a payment's refund_total is not the sum of its refunds": """
        SELECT id, 0 FROM m WHERE refund_total <> going_back""",
    "a payment's status does not match its refunds": """
        SELECT id, 0 FROM m
        WHERE (status = 'refunded') <> (back = amount) OR (status = 'partially_refunded') <> (back > 0 AND back < amount)""",
    "a canceled appointment has an open payment": """
        SELECT m.id, a.id FROM m, a
        WHERE a.id = m.appointment_id AND a.status = 'canceled' AND m.status IN ('created', 'approved')
            AND m.capture_request_id IS NULL""",
    "two live waitlist entries are equal": """
        SELECT min(id), max(id) FROM w GROUP BY doctor_id, patient_id, desired_date HAVING count(*) > 1""",
    "a patient waits for a doctor they have booked": """
        SELECT w.id, seated.id FROM w, seated
        WHERE w.doctor_id = seated.doctor_id AND w.patient_id = seated.patient_id AND seated.created_at > w.created_at
            AND w.desired_date IS NULL
            AND NOT EXISTS ( -- not paid yet
                SELECT FROM o WHERE o.appointment_id = seated.id AND o.status = 'accepted' AND seated.status = 'pending'
            )""",
    # of the recorded changes
    "a start was outside the booking window": """
        SELECT id, n FROM step
        WHERE (old_status IS NULL OR old_during <> during)
            AND (lower(during) <= updated_at OR lower(during) > updated_at + interval '360 hours')""",
    "an ended appointment changed": """
        SELECT id, n FROM step
        WHERE old_status IN ('released', 'expired', 'canceled', 'completed', 'no_show')
            AND (status, old_status) NOT IN (('completed', 'no_show'), ('no_show', 'completed'))""",
    "a hold ended before its time": """
        SELECT id, n FROM step WHERE status = 'expired' AND hold_expires_at > updated_at""",
    "a hold became longer": """
        SELECT id, n FROM step WHERE hold_expires_at > old_hold AND actor IS DISTINCT FROM 'payment'""",
    "a visit was completed before its start": """
        SELECT id, n FROM step WHERE status IN ('completed', 'no_show') AND lower(during) > updated_at""",
    "a new appointment had another deadline than 72 hours before its start": """
        SELECT id, n FROM step WHERE old_status IS NULL AND cancel_deadline <> lower(during) - interval '72 hours'""",
    "a patient's move extended the cancellation deadline": """
        SELECT id, n FROM step WHERE actor = 'patient' AND cancel_deadline > old_deadline""",
    "after a doctor's move the deadline was not the start": """
        SELECT id, n FROM step WHERE actor = 'doctor' AND during <> old_during AND cancel_deadline <> lower(during)""",
    "a patient canceled too late": """
        SELECT id, n FROM step WHERE actor = 'patient' AND status = 'canceled' AND updated_at >= cancel_deadline""",
    "an appointment changed seats": """
        SELECT id, n FROM step WHERE seat <> old_seat""",
    "an event has not exactly one mail": """
        SELECT event.id, count(n.mail) FROM event
        LEFT JOIN n ON n.kind = event.kind AND n.account_id = event.account
            AND (n.appointment_id = event.id AND n.appointment_version = event.version OR event.id = ANY (n.also))
        GROUP BY event.id, event.version, event.kind, event.account HAVING count(n.mail) <> 1""",
    "a mail has no event": """
        SELECT n.mail, n.appointment_id FROM n
        WHERE offer_id IS NULL AND payment_id IS NULL
            AND kind NOT IN ('appointment_held', 'hold_lapsing', 'appointment_reminder') -- scheduled ones
            AND NOT EXISTS (
            SELECT FROM event
            WHERE event.id = n.appointment_id AND event.version = n.appointment_version
                AND event.kind = n.kind AND event.account = n.account_id
        )""",
    "a requested refund has not exactly one mail": """
        SELECT m.id, count(n.mail) FROM m LEFT JOIN n ON n.payment_id = m.id AND n.kind = 'refund_requested'
        GROUP BY m.id, m.without_slot HAVING count(n.mail) <> m.without_slot::integer""",
    "a completed refund has not exactly one mail": """
        SELECT m.id, count(n.mail) FROM m LEFT JOIN n ON n.payment_id = m.id AND n.kind = 'refund_completed'
        GROUP BY m.id, m.back HAVING (count(n.mail) = 1) <> (m.back > 0)""",
    "a mail about a payment went to another patient": """
        SELECT n.mail, m.id FROM n, m, a
        WHERE n.payment_id = m.id AND a.id = m.appointment_id AND a.patient_id <> n.account_id""",
    "a history record is missing": """
        SELECT appointment, max(number) FROM api_appointment_history WHERE appointment IN (SELECT id FROM a)
        GROUP BY appointment HAVING max(number) <> count(*)""",
    "two accepted offers have one slot": """
        SELECT min(id), max(id) FROM o WHERE status = 'accepted' GROUP BY appointment_id HAVING count(*) > 1""",
    "a waitlist entry has two live offers": """
        SELECT min(id), max(id) FROM o WHERE status IN ('queued', 'sent') GROUP BY waitlist_entry_id HAVING count(*) > 1""",
    "a live offer's slot is not offered": """
        SELECT o.id, a.id FROM o, a
        WHERE a.id = o.appointment_id AND o.status IN ('queued', 'sent') AND a.status <> 'offered'""",
    "an offered slot is not in the doctor's schedule": """
        SELECT s.id, d.account_id FROM seated AS s INNER JOIN doctor AS d ON d.account_id = s.doctor_id
        WHERE s.status = 'offered' AND (
            upper(s.during) - lower(s.during) <> make_interval(mins => d.slot_minutes)
            OR EXISTS (SELECT FROM time_off AS t WHERE t.doctor_id = s.doctor_id AND t.during && s.during)
        )""",
    "a waitlist entry with a live offer has another status": """
        SELECT w.id, o.id FROM w, o
        WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent') AND w.status <> 'offered'""",
    "an accepted offer's slot has another patient": """
        SELECT a.id, w.id FROM a, o, waitlist_entry AS w
        WHERE o.appointment_id = a.id AND o.status = 'accepted' AND w.id = o.waitlist_entry_id
            AND a.status <> 'released' AND a.patient_id <> w.patient_id""",
    "an offer has not exactly one mail": """
        SELECT o.id, count(n.mail) FROM o LEFT JOIN n ON n.offer_id = o.id AND n.kind = 'slot_offered'
        GROUP BY o.id HAVING count(n.mail) <> 1""",
}

BROKEN = """
    WITH a AS MATERIALIZED (
        SELECT * FROM appointment WHERE doctor_id = ANY ($1)
    ), seated AS (
        SELECT *,
            upper(during) > clock_timestamp() AND (status <> 'pending' OR hold_expires_at > clock_timestamp()) AS is_live
        FROM a WHERE status IN ('offered', 'pending', 'confirmed')
    ), held AS (
        SELECT s.*, lower(during) AT TIME ZONE d.timezone AS local_start, upper(during) AT TIME ZONE d.timezone AS local_end
        FROM seated AS s INNER JOIN doctor AS d ON d.account_id = s.doctor_id
        WHERE is_live AND status <> 'offered' AND lower(during) > clock_timestamp()
    ), w AS (
        SELECT * FROM waitlist_entry WHERE doctor_id = ANY ($1) AND status IN ('waiting', 'offered', 'paused')
    ), o AS MATERIALIZED (
        SELECT * FROM offer WHERE appointment_id IN (SELECT id FROM a)
    ), n AS MATERIALIZED (
        SELECT *, id AS mail FROM notification WHERE appointment_id IN (SELECT id FROM a)
    ), m AS MATERIALIZED (
        SELECT p.*, r.* FROM payment AS p
        CROSS JOIN LATERAL (
            SELECT
                coalesce(sum(amount) FILTER (WHERE status <> 'failed'), 0) AS going_back,
                coalesce(sum(amount) FILTER (WHERE status = 'completed'), 0) AS back,
                coalesce(bool_or(status = 'failed'), false) AS refused
            FROM refund WHERE payment_id = p.id
        ) AS r
        WHERE p.appointment_id IN (SELECT id FROM a)
    ), bought AS (
        SELECT * FROM m WHERE status IN ('captured', 'partially_refunded', 'refunded') AND NOT without_slot
    ), step AS MATERIALIZED (
        SELECT *,
            lag(status) OVER version_ AS old_status,
            lag(during) OVER version_ AS old_during,
            lag(seat) OVER version_ AS old_seat,
            lag(hold_expires_at) OVER version_ AS old_hold,
            lag(cancel_deadline) OVER version_ AS old_deadline
        FROM recorded WHERE doctor_id = ANY ($1)
        WINDOW version_ AS (PARTITION BY id ORDER BY n)
    ), event AS (
        SELECT id, version, 'appointment_confirmed' AS kind, unnest(ARRAY[patient_id, doctor_id]) AS account
        FROM step WHERE status = 'confirmed' AND old_status IS DISTINCT FROM 'confirmed'
        UNION ALL
        SELECT id, version, 'appointment_canceled', patient_id FROM step WHERE status = 'canceled'
        UNION ALL
        SELECT id, version, 'appointment_canceled', doctor_id FROM step
        WHERE status = 'canceled' AND old_status = 'confirmed' AND actor <> 'doctor'
        UNION ALL
        SELECT id, version, 'appointment_rescheduled', patient_id FROM step WHERE during <> old_during
        UNION ALL
        SELECT id, version, 'appointment_rescheduled', doctor_id FROM step
        WHERE during <> old_during AND status = 'confirmed' AND actor <> 'doctor'
    )
""" + "\nUNION ALL\n".join(
    f"SELECT {number}, x::bigint, y::bigint FROM ({query}) AS q (x, y)"
    for number, query in enumerate(INVARIANTS.values())
)


async def broken(db: Connection, doctors: Sequence[int], *, cap: int = 30) -> list[str]:
    """Return the violations among the bookings of these doctors, whose limit was never above `cap`.

    RECORD must have been run before the first booking.
    """
    rows = await db.fetch(BROKEN, list(doctors), cap)
    names = list(INVARIANTS)
    return [f"{names[number]}: {x}, {y}" for number, x, y in rows]
