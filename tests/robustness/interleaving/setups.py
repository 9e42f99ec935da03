"""Setups in which two operations meet: the people and bookings of a scenario, and what each side acts on."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from asyncpg import Connection

from tests.support.factories import SLOT

# The people of every setup: the doctors D and E, and four patients.
D, E, P, Q, R, S = range(6)
# The doctors work once a week, because an operation that frees a slot looks at all free slots. Some slots precede the
# first of the scenario: they are reserved for the waitlist.
BEFORE, WORK = timedelta(hours=2), timedelta(hours=20)


class Place(NamedTuple):
    """A patient's appointment with a doctor, in a slot by its number."""

    doctor: int
    patient: int
    slot: int


class Target(NamedTuple):
    """What one side acts on, for any operation."""

    doctor: int
    has: int  # index of the appointment that it cancels or moves
    booker: int  # the patient that it books for
    wants: int  # the slot that it books
    to: int  # the slot that it moves the appointment to
    off: int  # the slot that it blocks, or removes from the hours
    # whether that cancels conflicting appointments; a doctor's cancellation or move then blocks the time
    clears: bool = False
    cap: int = 30  # the lower cap that it sets
    pays: int = 0  # index of the payment that it acts on


class ScenarioPayment(NamedTuple):
    appointment: int
    status: str = "created"


class Scenario(NamedTuple):
    """The state before the two sessions begin, and what each acts on."""

    targets: tuple[Target, Target]
    held: tuple[Place, ...] = ()
    lapsed: Place | None = None  # a hold that has lapsed but is still `pending`
    waiting: bool = False  # patient S waits for doctor D
    cap: int = 30
    fee: int = 0
    payments: tuple[ScenarioPayment, ...] = ()


class Payment(NamedTuple):
    id: int
    reference: str
    order: str


class Participant(NamedTuple):
    """A target with the ids and times of one setup."""

    doctor: int
    patient: int
    appointment: int
    booker: int
    wants: datetime
    to: datetime
    off: datetime
    origin: datetime  # the first slot
    clears: bool
    cap: int
    payment: Payment | None


class Setup(NamedTuple):
    people: tuple[int, ...]  # D, E, P, Q, R, S
    sides: tuple[Participant, ...]

    @property
    def doctors(self) -> tuple[int, ...]:
        return self.people[:2]


PEOPLE = """
    WITH a AS (
        INSERT INTO account (username, email, password_hash, role)
        SELECT name, name || '@example.com', '-', role
        FROM (SELECT gen_random_uuid()::text AS name, role FROM unnest($1::text[]) AS role) AS someone
        RETURNING id, role
    ), d AS (
        INSERT INTO doctor (account_id, full_name, fee, currency, max_appointments)
        SELECT id, 'Dr ' || id, $2, 'USD', $3 FROM a WHERE role = 'doctor'
    ), h AS (
        INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
        SELECT id, week.* FROM a, unnest($4::smallint[], $5::smallint[], $6::smallint[]) AS week WHERE role = 'doctor'
    ), p AS (
        INSERT INTO patient (account_id, full_name) SELECT id, 'Patient ' || id FROM a WHERE role = 'patient'
    )
    SELECT array_agg(id ORDER BY id) FROM a GROUP BY role ORDER BY role
"""
HELD = """
    SELECT b.id
    FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY AS t (doctor, patient, start, n)
    CROSS JOIN LATERAL book(patient, doctor, start) AS b
    ORDER BY n
"""
LAPSED = """
    INSERT INTO appointment (
        doctor_id, patient_id, during, status, seat, cancel_deadline, hold_expires_at, fee, currency, created_at
    )
    SELECT doctor, patient, tstzrange(start, start + interval '30 min'), 'pending', 30, start - interval '72 h',
        now() - interval '1 s', 100, 'USD', now() - interval '15 min'
    FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS t (doctor, patient, start)
    RETURNING id
"""
PAYMENTS = """
    INSERT INTO payment (appointment_id, amount, currency, status, hold_expires_at, order_id, capture_request_id)
    SELECT a.id, a.fee, a.currency, t.status, a.hold_expires_at, gen_random_uuid()::text, gen_random_uuid()
    FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS t (appointment, status, n)
    INNER JOIN appointment AS a ON a.id = t.appointment
    ORDER BY n
    RETURNING id, reference::text, order_id
"""
WAITING = "INSERT INTO waitlist_entry (doctor_id, patient_id) SELECT * FROM unnest($1::bigint[], $2::bigint[])"


def working_hours(start: datetime, end: datetime) -> Iterator[tuple[int, int, int]]:
    """Return a period as working hours, which end at midnight: weekday, start and end minute."""
    while start < end:
        until = min(end, start.replace(hour=0, minute=0) + timedelta(days=1))
        begins = start.hour * 60 + start.minute
        yield start.isoweekday(), begins, begins + (until - start) // timedelta(minutes=1)
        start = until


async def set_up(
    scenario: Scenario, origin: datetime, number: int, app: Connection, stagehand: Connection
) -> list[Setup]:
    """Create a scenario `number` times. `stagehand` has no triggers: it creates what only time could bring about."""
    roles = (["doctor"] * 2 + ["patient"] * 4) * number
    week = zip(*working_hours(origin - BEFORE, origin + WORK), strict=True)
    (doctors,), (patients,) = await stagehand.fetch(PEOPLE, roles, scenario.fee, scenario.cap, *week)
    people = [(*doctors[2 * n : 2 * n + 2], *patients[4 * n : 4 * n + 4]) for n in range(number)]

    def each(*places: Place) -> Iterator[Sequence[object]]:
        rows = [(p[place.doctor], p[place.patient], origin + place.slot * SLOT) for p in people for place in places]
        return zip(*rows, strict=True)

    held = await app.fetch(HELD, *each(*scenario.held)) if scenario.held else []
    lapsed = await stagehand.fetch(LAPSED, *each(scenario.lapsed)) if scenario.lapsed else []
    if scenario.waiting:
        await stagehand.execute(WAITING, *list(each(Place(D, S, 0)))[:2])
    own = len(scenario.held)
    appointments = [[row["id"] for row in (*held[own * n : own * n + own], *lapsed[n : n + 1])] for n in range(number)]
    due = [(ids[payment.appointment], payment.status) for ids in appointments for payment in scenario.payments]
    payments = [Payment(*row) for row in await stagehand.fetch(PAYMENTS, *zip(*due, strict=True))] if due else []
    places = (*scenario.held, *filter(None, [scenario.lapsed]))

    def participant(n: int, target: Target) -> Participant:
        return Participant(
            doctor=people[n][target.doctor],
            patient=people[n][places[target.has].patient],
            appointment=appointments[n][target.has],
            booker=people[n][target.booker],
            wants=origin + target.wants * SLOT,
            to=origin + target.to * SLOT,
            off=origin + target.off * SLOT,
            origin=origin,
            clears=target.clears,
            cap=target.cap,
            payment=payments[n * len(scenario.payments) + target.pays] if payments else None,
        )

    return [Setup(people[n], tuple(participant(n, target) for target in scenario.targets)) for n in range(number)]


# The final state without ids. Mails about offers are left out: they depend on the times of the sweeps.
STATE = """
    WITH who AS (
        SELECT id, (n - 1) / 6 AS stage, substr('DEPQRS', ((n - 1) % 6)::integer + 1, 1) AS name
        FROM unnest($1::bigint[]) WITH ORDINALITY AS t (id, n)
    ), seen (stage, line) AS (
        SELECT d.stage, format(
            '%s with %s in slot %s: %s by %s, to be canceled until %s before', p.name, d.name,
            extract(epoch FROM lower(during) - $2)::integer / 1800,
            CASE WHEN status = 'pending' AND hold_expires_at <= now() THEN 'expired' ELSE status END,
            canceled_by, lower(during) - cancel_deadline
        )
        FROM who AS d INNER JOIN appointment ON doctor_id = d.id INNER JOIN who AS p ON p.id = patient_id
        UNION ALL
        SELECT stage, format('%s away in slot %s', name, extract(epoch FROM lower(during) - $2)::integer / 1800)
        FROM who INNER JOIN time_off ON doctor_id = who.id
        UNION ALL
        SELECT stage, format('%s takes %s, works %s minutes', name, max_appointments, sum(end_minute - start_minute))
        FROM who INNER JOIN doctor ON account_id = who.id INNER JOIN working_hours ON doctor_id = account_id
        GROUP BY stage, name, max_appointments
        UNION ALL
        SELECT stage, format('%s gets %s and %s more', name, kind, cardinality(also))
        FROM who INNER JOIN notification ON account_id = who.id WHERE offer_id IS NULL
        UNION ALL
        SELECT d.stage, format(
            '%s pays %s for slot %s: %s, %s is refunded (slot lost: %s)', p.name, d.name,
            extract(epoch FROM lower(during) - $2)::integer / 1800, m.status, refund_total, without_slot
        )
        FROM payment AS m INNER JOIN appointment AS a ON a.id = appointment_id
        INNER JOIN who AS d ON doctor_id = d.id INNER JOIN who AS p ON p.id = patient_id
        UNION ALL
        SELECT stage, format('%s is on the waitlist: %s', name, status)
        FROM who INNER JOIN waitlist_entry ON patient_id = who.id
    )
    SELECT array_agg(line ORDER BY line) FROM seen GROUP BY stage ORDER BY stage
"""


async def states(setups: Sequence[Setup], origin: datetime, db: Connection) -> list[tuple[str, ...]]:
    """Return the final state of each setup as text, without ids, so that equal states are equal."""
    people = [person for setup in setups for person in setup.people]
    return [tuple(row[0]) for row in await db.fetch(STATE, people, origin)]
