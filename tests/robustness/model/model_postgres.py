"""PostgreSQL's side of the model test: acts, the rows after them, and time that passes."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
from asyncpg import Connection

from tests.robustness.model.model_calendar import Span
from tests.robustness.model.model_records import Doctor, Refused
from tests.support.factories import make_doctor, make_patients

Run = Callable[[Coroutine[Any, Any, Any]], Any]

BOOK = {
    "app": "SELECT * FROM book($1, $2, $3)",
    "admin": "INSERT INTO appointment (patient_id, doctor_id, during)"
    " SELECT $1, $2, tstzrange($3::timestamptz, $3 + make_interval(mins => coalesce(slot_minutes, 30)))"
    " FROM (VALUES ($2::bigint)) AS v (id) LEFT JOIN doctor ON account_id = id RETURNING id",
}
CANCEL = {
    "patient": "SELECT * FROM cancel_as_patient($1, $2)",
    "doctor": "SELECT * FROM cancel_as_doctor($1, $2, NULL, $3)",
    "admin": "UPDATE appointment SET status = 'canceled' WHERE id = $1 RETURNING id",
}
MOVE = {
    "patient": "SELECT * FROM reschedule_as_patient($1, $2, $3)",
    "doctor": "SELECT * FROM reschedule_as_doctor($1, $2, $3, $4)",
    "admin": "UPDATE appointment AS a SET during = tstzrange($2::timestamptz, $2 + make_interval(mins => d.slot_minutes))"
    " FROM doctor AS d WHERE id = $1 AND doctor_id = account_id RETURNING id",
}
# Shifting row by row would overlap rows that are not shifted yet, so all rows go to a distant time first.
SHIFTS = (
    """
    UPDATE appointment SET
        during = tstzrange(lower(during) - $2::interval, upper(during) - $2), cancel_deadline = cancel_deadline - $2,
        hold_expires_at = hold_expires_at - $2, created_at = created_at - $2, updated_at = updated_at - $2
    WHERE doctor_id = ANY ($1)
    """,
    "UPDATE time_off SET during = tstzrange(lower(during) - $2::interval, upper(during) - $2) WHERE doctor_id = ANY ($1)",
    """
    UPDATE offer AS o SET created_at = o.created_at - $2::interval, due_at = due_at - $2, expires_at = expires_at - $2
    FROM waitlist_entry AS w WHERE w.id = waitlist_entry_id AND w.doctor_id = ANY ($1)
    """,
    """
    UPDATE waitlist_entry SET desired_date = desired_date - extract(day FROM $2::interval)::integer
    WHERE doctor_id = ANY ($1)
    """,
)
ANOTHER_AGE = timedelta(days=100_000)


class Seen(NamedTuple):
    """All rows of some doctors at one instant, and their free starts."""

    now: datetime
    appointments: list[asyncpg.Record]
    entries: list[asyncpg.Record]
    time_off: list[asyncpg.Record]
    offers: list[asyncpg.Record]
    free_slots: list[asyncpg.Record]


LOOKS = (
    "SELECT a.*, v.status AS counts_as FROM appointment AS a INNER JOIN api_appointment AS v USING (id)"
    " WHERE a.doctor_id = ANY ($1) ORDER BY a.id",
    "SELECT * FROM waitlist_entry WHERE doctor_id = ANY ($1) ORDER BY id",
    "SELECT * FROM time_off WHERE doctor_id = ANY ($1) ORDER BY id",
    "SELECT o.*, w.patient_id, w.doctor_id FROM offer AS o INNER JOIN waitlist_entry AS w ON w.id = waitlist_entry_id"
    " WHERE w.doctor_id = ANY ($1) ORDER BY o.id",
    "SELECT d AS doctor, ARRAY(SELECT starts_at FROM free_slots(d, '-infinity', 'infinity')) AS starts"
    " FROM unnest($1::bigint[]) AS d",
)


@dataclass
class Postgres:
    """A connection of each role, for use from synchronous code. `specialty` marks the doctors that are compared."""

    app: Connection
    admin: Connection
    superuser: Connection
    run: Run
    specialty: str = ""

    def act(self, statement: str, *arguments: object, by: str = "app") -> list[asyncpg.Record]:
        """Run a statement as a role. Raises Refused with the rule that it breaks."""
        connection: Connection = getattr(self, by)
        try:
            rows: list[asyncpg.Record] = self.run(connection.fetch(statement, *arguments))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Refused(error.constraint_name) from error
        return rows

    def act_as(
        self, actor: str, statements: Mapping[str, str], who: int, what: int, *arguments: object, block: bool
    ) -> list[asyncpg.Record]:
        if actor == "admin":
            return self.act(statements[actor], what, *arguments, by="admin")
        return self.act(statements[actor], who, what, *arguments, *([block] if actor == "doctor" else []))

    def clock(self) -> datetime:
        now: datetime = self.run(self.superuser.fetchval("SELECT clock_timestamp()"))
        return now

    def set_policy(self, hold_minutes: int, hold_limit: int, zones: Iterable[str]) -> None:
        policy = "UPDATE policy SET hold_minutes = $1, patient_hold_limit = $2"
        self.act(policy, hold_minutes, hold_limit, by="superuser")
        add_zones = "INSERT INTO time_zone (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
        self.act(add_zones, list(zones), by="superuser")

    def add_doctor(self, doctor: Doctor) -> int:
        columns = {"specialty": self.specialty} | asdict(doctor)
        hours, _ = columns.pop("week"), columns.pop("away")
        added: int = self.run(make_doctor(self.superuser, hours=hours, **columns))
        return added

    def add_patients(self, number: int) -> list[int]:
        added: list[int] = self.run(make_patients(self.superuser, number))
        return added

    def look(self, doctors: Iterable[int], *, at_slots: bool) -> Seen:
        """Return the rows, and the free slots if asked for. One transaction has one `now()`."""
        known, looks = list(doctors), LOOKS if at_slots else LOOKS[:-1]

        async def look() -> Seen:
            async with self.superuser.transaction(isolation="repeatable_read", readonly=True):
                now = await self.superuser.fetchval("SELECT now()")
                rows = [await self.superuser.fetch(statement, known) for statement in looks]
            return Seen(now, *rows, *[[]] * (len(LOOKS) - len(looks)))

        seen: Seen = self.run(look())
        return seen

    def search(self, limit: int) -> list[tuple[datetime, int]]:
        rows = self.act("SELECT * FROM search_free_slots($1, '-infinity', 'infinity', $2)", self.specialty, limit)
        return [(row["starts_at"], row["doctor"]) for row in rows]

    def pass_time(self, doctors: Iterable[int], time: timedelta) -> None:
        """Let time pass by making the rows older."""

        async def shift() -> None:
            async with self.superuser.transaction():
                await self.superuser.execute("SET LOCAL session_replication_role = replica")
                await self.superuser.execute("SET LOCAL timezone = 'UTC'")  # every day has 24 hours
                for step in (ANOTHER_AGE, time - ANOTHER_AGE):
                    for statement in SHIFTS:
                        await self.superuser.execute(statement, list(doctors), step)

        self.run(shift())


def span_of(row: asyncpg.Record) -> Span:
    return Span(row["during"].lower.astimezone(UTC), row["during"].upper.astimezone(UTC))
