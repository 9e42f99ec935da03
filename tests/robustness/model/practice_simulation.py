"""Simulates a practice on a fast clock: doctors, patients, an admin and the worker, day after day."""

import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from app.domain.notifications.repository import CLAIM, DUE_ACCOUNTS, DUE_TO, FAILED, SENT
from app.workers.notifications import LEASE, MAILS_PER_DISPATCH
from tests.robustness.model.model import World
from tests.robustness.model.model_calendar import MINUTE
from tests.robustness.model.model_choices import STEPS
from tests.robustness.model.model_offers import WINDOW
from tests.robustness.model.model_postgres import Postgres
from tests.robustness.model.model_records import Doctor
from tests.robustness.model.random_acts import ACTS, random_action
from tests.robustness.model.real_time import MAX_POSTPONEMENT, RealTime
from tests.support.db.invariants import broken

HOLD, HOLD_LIMIT = 15, 2
DOCTORS, PATIENTS = 5, 15
PAUSE = 4 * MINUTE  # the longest between two acts
AUDIT = timedelta(hours=6)

DELIVERY_RESULTS = "SELECT status, count(*) FROM notification GROUP BY status ORDER BY status"
PERMANENTLY = False
GIVEN_UP = "SELECT attempts, due_at - created_at AS after FROM notification WHERE status = 'failed'"


class SimulatedMail:
    """Sends mails as the worker does, except to one unreachable patient."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.unreachable = ""

    def deliver(self) -> None:
        for account in self.postgres.act(DUE_ACCOUNTS, MAILS_PER_DISPATCH):
            for due in self.postgres.act(DUE_TO, account["account_id"], 0):
                for message in self.postgres.act(CLAIM, due["id"], LEASE, secrets.token_bytes(32)):
                    self._send(message["id"], message["email"])

    def _send(self, message: int, address: str) -> None:
        self.unreachable = self.unreachable or address
        if address == self.unreachable:
            self.postgres.act(FAILED, message, "mailbox out of order", PERMANENTLY)
        else:
            self.postgres.act(SENT, message)

    def statuses(self) -> dict[str, int]:
        return {row["status"]: row["count"] for row in self.postgres.act(DELIVERY_RESULTS, by="superuser")}

    def given_up_early(self) -> list[tuple[int, timedelta]]:
        """Return the mails that failed for good after fewer than 30 attempts or 18 hours."""
        rows = self.postgres.act(GIVEN_UP, by="superuser")
        return [tuple(row) for row in rows if row["attempts"] < 30 or row["after"] < timedelta(hours=18)]


class PracticeSimulation(RealTime):
    """All acts are random. It begins with three doctors and six patients."""

    def __init__(self, speed: int) -> None:
        super().__init__(speed)
        self.random = Random()
        self.post = SimulatedMail(self.postgres)
        self.audited = self.began
        self.fullest = 0
        self.postgres.set_policy(HOLD, HOLD_LIMIT, self.zones)
        self.world = World(self.began, HOLD * MINUTE, HOLD_LIMIT, {}, self.postgres.add_patients(6))
        for _ in range(3):
            self.hire()
        self.both_hold_the_same()

    @property
    def elapsed(self) -> timedelta:
        """How long the practice exists, by PostgreSQL's clock."""
        return self.world.now - self.began

    def live(self, end: timedelta) -> None:
        names, weights = list(ACTS), list(ACTS.values())
        try:
            while self.elapsed < end:
                self.act(*self.random.choices(names, weights))
                self.let_pass(self.random.random() * PAUSE)
                if self.world.now - self.audited > AUDIT:
                    self.audit()
            self.audit()
        except Exception as error:
            error.add_note("\n".join(["What happened last:", *self.latest]))
            raise

    def act(self, name: str) -> None:
        doing = getattr(self, name)
        arguments = random_action(doing, self.random)
        self.doing = name
        self.latest.append(f"{self.world.now}: {name} {arguments}")
        doing(**arguments)
        self.fullest = max(self.fullest, *(len(self.world.active_of(doctor)) for doctor in self.world.doctors))

    def hire(self) -> None:
        n = len(self.world.doctors)
        doctor = Doctor(self.zone(n), *STEPS[n % len(STEPS)], 30, n % 3 // 2 * 100, self.week(n))
        self.world.doctors[self.postgres.add_doctor(doctor)] = doctor

    def register(self) -> None:
        """Add a patient, and a doctor if there is room."""
        self.tally[self.doing, "done"] += 1
        if len(self.world.patients) < PATIENTS:
            self.world.patients += self.postgres.add_patients(1)
        if len(self.world.doctors) < min(DOCTORS, len(self.world.patients) // 2):
            self.hire()
        self.both_hold_the_same()

    def book_the_next(self, patient: int, doctor: int) -> None:
        d = self.a_doctor(doctor)
        for start in self.world.free_slots(d)[:1]:
            self.book_slot(self.patient(patient), d, start)

    def book_on_time(self, patient: int, doctor: int, enters: bool, before: bool) -> None:
        """Book a slot right before or after it begins or enters the booking window."""
        d, ahead = self.a_doctor(doctor), WINDOW if enters else timedelta(0)
        first = self.world.now + ahead
        for start in self.world.doctors[d].slots(first, first + MAX_POSTPONEMENT)[:1]:
            self.wait_for_edge(start - ahead, before=before)
            self.book_slot(self.patient(patient), d, start)

    def book_as_a_hold_lapses(self, patient: int, before: bool) -> None:
        """Book the slot of a hold right before or after the hold lapses."""
        for lapses, a in self.coming("hold")[:1]:
            self.wait_for_edge(lapses, before=before)
            self.book_slot(self.patient(patient), a.doctor, a.span.start)

    def book_too_many(self, patient: int) -> None:
        """Exceed the limit of holds with a doctor who has a fee."""
        p, doctors = self.patient(patient), self.world.doctors
        for d in [d for d in doctors if doctors[d].fee and len(self.world.free_slots(d)) > HOLD_LIMIT][:1]:
            for start in self.world.free_slots(d)[: HOLD_LIMIT + 1]:
                self.book_slot(p, d, start)

    def cancel_on_time(self, before: bool) -> None:
        """Cancel as a patient right before or after the deadline."""
        if self.coming("deadline"):
            self.cancel(0, ("deadline", before), "patient", stranger=False, block=False)

    def record_on_time(self, where: str, before: bool, status: str) -> None:
        """Record a visit right before or after it begins or ends."""
        if self.coming(where):
            self.record_visit(0, (where, before), stranger=False, status=status)

    def correct_on_time(self, before: bool) -> None:
        """Correct a record right before or after the time for corrections ends."""
        for _, a in self.coming("correction")[:1]:
            opposite = "no_show" if a.counts_as(self.world.now) == "completed" else "completed"
            self.record_visit(0, ("correction", before), stranger=False, status=opposite)

    def work(self) -> None:
        """Sweep, then send the mails that are due, as the worker does."""
        self.agree(self.postgres.to_sweep, self.world.to_sweep)
        for doctor in self.world.to_sweep():
            self.sweep(list(self.world.doctors).index(doctor))
        self.post.deliver()

    def audit(self) -> None:
        """Check the invariants of all rows and of all recorded changes."""
        wrong = self.postgres.run(broken(self.postgres.superuser, list(self.world.doctors)))
        assert not wrong, wrong
        self.audited = self.postgres.clock()

    def report(self) -> Iterator[str]:
        ended = Counter(a.counts_as(self.world.now) for a in self.world.appointments)
        yield f"\n{self.elapsed} lived at {self.speed} times the speed, by {len(self.world.doctors)} doctors"
        yield f"and {len(self.world.patients)} patients, up to {self.fullest} appointments of one doctor at a time"
        yield f"{sum(self.tally.values())} verdicts, {self.at_an_edge} of them as a rule may have changed its mind"
        yield f"{ended['expired']} holds lapsed, {ended['completed'] + ended['no_show']} visits ended: {dict(ended)}"
        yield f"notifications: {self.post.statuses()}"
        for name in ACTS:
            yield f"{name}: { {word: n for (act, word), n in sorted(self.tally.items()) if act == name} }"
