"""Histories on a running clock: when an act happens is known to PostgreSQL only, between two readings of the clock.

The model judges each act at the instant before it and, if a rule may change its verdict until the instant after it, also
in between. One of these verdicts must be PostgreSQL's, and both must then have the same rows.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import asyncpg

from app.db.driver import MAX_ATTEMPTS, is_retryable
from app.workers.sweep import DOCTORS_PER_SWEEP
from app.workers.sweep_repository import DOCTORS
from tests.robustness.model.model import Snapshot
from tests.robustness.model.model_actions import ComparedActions, Edge
from tests.robustness.model.model_calendar import MINUTE, make_zone
from tests.robustness.model.model_choices import ZONES, edges_of
from tests.robustness.model.model_offers import wave_delay
from tests.robustness.model.model_postgres import Postgres
from tests.robustness.model.model_records import OPEN, Appointment

TICK, RESOLUTION = 5 * MINUTE, timedelta(microseconds=1)
MAX_POSTPONEMENT = 30 * MINUTE  # how long an act waits for an edge
MARGIN = 0.015  # real seconds between an act and the edge before or after it
ROLES = ("app", "admin")


class RealTimePostgres(Postgres):
    """Retries what the API retries. A transaction may begin before the act in it."""

    has_begun = False

    def begin(self) -> None:
        for role in ROLES:
            super().act("BEGIN", by=role)
        self.has_begun = True

    def act(self, statement: str, *arguments: object, by: str = "app") -> list[asyncpg.Record]:
        for _ in range(MAX_ATTEMPTS):
            try:
                return self._act(statement, *arguments, by=by)
            except asyncpg.PostgresError as error:
                if not is_retryable(error):
                    raise
        raise TimeoutError(statement)

    def _act(self, statement: str, *arguments: object, by: str) -> list[asyncpg.Record]:
        if not self.has_begun:
            return super().act(statement, *arguments, by=by)
        try:
            rows = super().act(statement, *arguments, by=by)
            super().act("COMMIT", by=by)
        finally:
            self.has_begun = False
            for role in ROLES:
                super().act("ROLLBACK", by=role)
        return rows

    def to_sweep(self) -> list[int]:
        return sorted(row["doctor_id"] for row in self.act(DOCTORS, DOCTORS_PER_SWEEP))


class RealTime(ComparedActions):
    """A history on a clock that runs `speed` times as fast as real time."""

    postgres: ClassVar[RealTimePostgres]

    def __init__(self, speed: int) -> None:
        super().__init__()
        self.phase = 0  # all hours and slots begin and end at a tick
        self.zones = [make_zone(self.began.date()), *ZONES]
        self.speed = speed
        self.doing = ""
        self.tally: Counter[tuple[str, str]] = Counter()
        self.at_an_edge = 0  # acts during which the verdict of a rule may have changed
        self.latest: deque[str] = deque(maxlen=30)

    def let_pass(self, time_: timedelta) -> None:
        """Wait until that much time has passed since the last look."""
        until = self.world.now + time_
        while (left := until - self.postgres.clock()) > timedelta(0):
            time.sleep(left.total_seconds() / self.speed)
        self.world.now = self.postgres.clock()
        self.changed = True

    def wait_for_edge(self, edge: datetime, *, before: bool) -> None:
        """Wait until right before or after an instant. If after, the transaction of the act begins before it."""
        margin = timedelta(seconds=MARGIN * self.speed)
        self.let_pass(edge - self.world.now - margin)
        if not before:
            self.postgres.begin()
            self.let_pass(edge - self.world.now + margin)

    def appointment_at(self, number: int, edge: Edge) -> Appointment | None:
        """Return an appointment. With an edge, the next to reach it, after waiting until right before or after it."""
        if edge is None:
            return self.appointment(number)
        name, before = edge
        for at, a in self.coming(name)[:1]:
            self.wait_for_edge(at, before=before)
            return a
        return self.appointment(number)

    def coming(self, name: str) -> list[tuple[datetime, Appointment]]:
        """Return the appointments that reach this edge soon, the first to do so first."""
        now, counting = self.world.now, ("completed", "no_show") if name == "correction" else ("pending", "confirmed")
        known = [(a.hold_ends if name == "hold" else edges_of(a)[name], a) for a in self.world.appointments]
        near = [
            (at, a) for at, a in known if at and now < at <= now + MAX_POSTPONEMENT and a.counts_as(now) in counting
        ]
        return sorted(near, key=lambda one: one[0])

    def agree(self, in_postgres: Callable[[], object], in_model: Callable[[], object]) -> None:
        since = self.postgres.clock()
        answer = in_postgres()
        until = self.postgres.clock()
        self.moment = until - since
        self.tally[self.doing, _word(answer)] += 1
        self.latest.append(f"    {since} .. {until}: {answer}")
        instants = self.instants(since, until)
        self.at_an_edge += len(instants) > 1
        self._find(answer, in_model, instants)

    def _find(self, answer: object, in_model: Callable[[], object], instants: list[datetime]) -> None:
        """Find an instant at which the model gives PostgreSQL's answer and then has the same rows."""
        before, differences = Snapshot(self.world), []
        for instant in instants:
            self.world.now = instant
            try:
                expected = in_model()
                assert answer == expected, f"PostgreSQL: {answer}, the model at {instant}: {expected}"
                self.both_hold_the_same()
            except AssertionError as difference:
                differences.append(difference)
                before.restore()
            else:
                return
        raise ExceptionGroup(f"PostgreSQL and the model differ over {self.doing}", differences)

    def instants(self, since: datetime, until: datetime) -> list[datetime]:
        """Return `since`, and each later instant from which on a rule may judge differently.

        A rule depends on whether the clock is before, at or after a tick, or the end of a hold or an offer.
        """
        tick = until - (until - datetime.min.replace(tzinfo=UTC)) % TICK
        ends = [a.hold_ends for a in self.world.appointments if a.hold_ends]
        for o in (o for o in self.world.offers if o.status in OPEN):
            ends += [o.ends, o.due, o.made_at + wave_delay(o.slot.span.start - o.made_at)]
        edges = {end for end in ends if since <= end <= until}
        while since <= tick:
            edges.add(tick)
            tick -= TICK
        later = {edge + step for edge in edges for step in (timedelta(0), RESOLUTION)}
        return [since, *sorted(at for at in later if since < at <= until)]


def _word(answer: object) -> str:
    if isinstance(answer, int):
        return "done" if answer else "no row"
    return answer if isinstance(answer, str) else "answered"
