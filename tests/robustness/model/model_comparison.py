"""How every history of the model test begins, and how the two sides are compared."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar

import asyncpg
from hypothesis import assume, event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from tests.robustness.model.model import Snapshot, World
from tests.robustness.model.model_calendar import MINUTE, local, make_zone
from tests.robustness.model.model_choices import STEPS, ZONES, Choices, edges_of
from tests.robustness.model.model_offers import WINDOW
from tests.robustness.model.model_postgres import BOOK, Postgres, span_of
from tests.robustness.model.model_records import Appointment, Doctor, Refused

NUMBER = st.integers(0, 10_000)  # an index, modulo the number of choices
LENGTHS = st.sampled_from(STEPS)
BOOKINGS = st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=5)
_histories = count(1)

Answer = Sequence[object]


class ComparedHistory(Choices, RuleBasedStateMachine):
    """Two doctors and two patients, in PostgreSQL and in the model."""

    postgres: ClassVar[Postgres]

    def __init__(self) -> None:
        super().__init__()
        self.postgres.specialty = f"of history {next(_histories)}"
        self.changed = True
        self.moment = timedelta(seconds=30)
        self.began = now = self.postgres.clock()
        # slots begin and end two minutes or more from now, and time passes by multiples of five
        self.phase = (now.minute + 3) % 5
        self.zones = [zone for zone in (make_zone(now.date()), *ZONES) if not _is_near_midnight(zone, now)]

    @initialize(
        hold=st.sampled_from([17, 92]),
        limit=st.integers(1, 3),
        lengths=st.tuples(LENGTHS, LENGTHS),
        zone=NUMBER,
        bookings=BOOKINGS,
    )
    def begin(
        self, hold: int, limit: int, lengths: tuple[tuple[int, int], ...], zone: int, bookings: list[tuple[int, int]]
    ) -> None:
        """Add the people, the second doctor with a fee, and some bookings."""
        self.postgres.set_policy(hold, limit, self.zones)
        doctors = [
            Doctor(self.zone(zone + n), *length, 2 + n, 100 * n, self.week(n)) for n, length in enumerate(lengths)
        ]
        known = {self.postgres.add_doctor(doctor): doctor for doctor in doctors}
        self.world = World(self.began, hold * MINUTE, limit, known, self.postgres.add_patients(2))
        self.book_free_slots(bookings)

    def book_free_slots(self, bookings: list[tuple[int, int]]) -> None:
        for patient, (doctor, start) in enumerate(bookings):
            self.book_at(self.patient(patient), self.a_doctor(doctor), "free", start)

    def book_at(self, patient: int, doctor: int, kind: str, number: int, by: str = "app") -> None:
        self.book_slot(patient, doctor, self.start(doctor, kind, number), by)

    def book_slot(self, patient: int, doctor: int, at: datetime, by: str = "app") -> None:
        self.run_both((BOOK[by], patient, doctor, at), lambda: self.world.book(patient, doctor, at, by=by), by=by)

    def appointment_at(self, number: int, edge: tuple[str, bool] | None) -> Appointment | None:
        """Return an appointment. With an edge, wait until just before or after the rules of the next one change."""
        active = [a for a in self.world.appointments if a.is_active(self.world.now) and a.patient is not None]
        if edge is None or not active:
            return self.appointment(number)
        a = min(active, key=lambda a: a.span)
        self._wait_for(a, *edge)
        return a

    def id_of(self, a: Appointment) -> int:
        """Return the id of an appointment in PostgreSQL."""
        found: int = self.ids[_place(self.world.appointments, a)]
        return found

    def _wait_for(self, a: Appointment, edge: str, before: bool) -> None:
        """Let time pass until a few minutes before, or after, an appointment's rules change."""
        time = edges_of(a)[edge] - self.lately() - before * 5 * MINUTE
        if time > 0 * MINUTE:
            self.let_pass(time)

    def let_pass(self, time: timedelta) -> None:
        self.postgres.pass_time(self.world.doctors, time)
        self.world.pass_time(time)
        self.changed = True

    def run_both(
        self, statement: tuple[str, *tuple[Any, ...]], in_model: Callable[[], Answer], by: str = "app"
    ) -> None:
        """Run a statement with its arguments in PostgreSQL, and the same act in the model, as `same` does."""
        self.same(lambda: self.postgres.act(*statement, by=by), in_model)

    def same(self, in_postgres: Callable[[], Answer], in_model: Callable[[], Answer]) -> None:
        """Act in both. They must return equally many rows, or break the same rule."""
        self.agree(lambda: _verdict(in_postgres), lambda: self._model_verdict(in_model))

    def _model_verdict(self, act: Callable[[], Answer]) -> int | str:
        """Return the answer of the model. A refused act changes nothing."""
        self.world.act += 1
        before = Snapshot(self.world)
        verdict = _verdict(act)
        if isinstance(verdict, str):
            before.restore()
        return verdict

    def agree(self, in_postgres: Callable[[], object], in_model: Callable[[], object]) -> None:
        assume(self.world.now - self.began < timedelta(seconds=90))
        expected = in_model()
        event(str(expected))
        answer = in_postgres()
        self.changed = self.changed or isinstance(answer, int)
        assert answer == expected, f"PostgreSQL: {answer}, the model: {expected}"

    @invariant()
    def both_hold_the_same(self) -> None:
        """Compare all rows, and the free slots if anything has changed."""
        seen = self.postgres.look(self.world.doctors, at_slots=self.changed)
        self.world.now = seen.now
        self._same_appointments(seen.appointments)
        doctors = self.world.doctors
        self.entry_ids = [row["id"] for row in seen.entries]
        columns = ("doctor_id", "patient_id", "desired_date", "priority_class", "status")
        entries = [(e.doctor, e.patient, e.day, e.priority, e.status) for e in self.world.entries]
        assert [tuple(row[column] for column in columns) for row in seen.entries] == entries
        self._same_offers(seen.offers)
        self.time_off = [(row["id"], row["doctor_id"], span_of(row)) for row in seen.time_off]
        away = sorted((doctor, span) for doctor in doctors for span in doctors[doctor].away)
        assert sorted((doctor, span) for _, doctor, span in self.time_off) == away
        if self.changed:
            free = {row["doctor"]: row["starts"] for row in seen.free_slots}
            assert free == {doctor: self.world.free_slots(doctor) for doctor in doctors}
            self.changed = False

    def _same_offers(self, rows: Sequence[asyncpg.Record]) -> None:
        self.offer_ids = [row["id"] for row in rows]
        assert len(rows) == len(self.world.offers)
        for row, o in zip(rows, self.world.offers, strict=True):
            assert self.ids.index(row["appointment_id"]) == _place(self.world.appointments, o.slot)
            assert self.entry_ids.index(row["waitlist_entry_id"]) == _place(self.world.entries, o.entry)
            assert (row["wave"], row["status"].replace("sent", "queued")) == (o.wave, o.status)
            # PostgreSQL reads the clock a moment later than the model
            for column, modelled in (("created_at", o.made_at), ("due_at", o.due), ("expires_at", o.ends)):
                assert -self.moment <= row[column] - modelled <= 5 * self.moment, (column, row[column], modelled)
            o.made_at, o.due, o.ends = row["created_at"], row["due_at"], row["expires_at"]

    def _same_appointments(self, rows: Sequence[asyncpg.Record]) -> None:
        self.ids = [row["id"] for row in rows]
        assert len(rows) == len(self.world.appointments)
        for row, a in zip(rows, self.world.appointments, strict=True):
            assert (row["doctor_id"], row["patient_id"], span_of(row)) == (a.doctor, a.patient, a.span)
            assert (row["cancel_deadline"], row["canceled_by"]) == (a.deadline, a.canceled_by)
            assert row["fee"] == a.fee
            if row["hold_expires_at"] and a.hold_ends:
                # PostgreSQL reads the clock a moment later than the model
                assert timedelta(0) <= row["hold_expires_at"] - a.hold_ends <= self.moment
                a.hold_ends = row["hold_expires_at"]
            else:
                assert row["hold_expires_at"] is a.hold_ends is None
            assert (row["status"], row["counts_as"], row["seat"]) == (a.status, a.counts_as(self.world.now), a.seat)


def _place(things: Sequence[object], thing: object) -> int:
    """Return the index of this object itself, not of an equal one."""
    return next(place for place, other in enumerate(things) if other is thing)


def _is_near_midnight(zone: str, now: datetime) -> bool:
    """Whether today, or the last day that can be booked, ends within minutes."""
    return any(local(at, zone).date() < local(at + 3 * MINUTE, zone).date() for at in (now, now + WINDOW))


def _verdict(act: Callable[[], Answer]) -> int | str:
    """Return the number of rows, or the rule that is broken."""
    try:
        return len(act())
    except Refused as refused:
        return str(refused)
