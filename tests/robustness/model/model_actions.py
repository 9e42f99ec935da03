"""The acts of a history. Each runs in PostgreSQL and in the model."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.robustness.model.model_calendar import DAY, MINUTE, Span
from tests.robustness.model.model_comparison import BOOKINGS, LENGTHS, NUMBER, ComparedHistory
from tests.robustness.model.model_postgres import CANCEL, MOVE

Edge = tuple[str, bool] | None

START = st.tuples(
    st.sampled_from(["free", "free", "free", "elsewhere", "taken", "taken", "away", "grid", "near", "anywhere"]), NUMBER
)
DAY_OF = st.tuples(st.sampled_from(["any", "soon", "late", "visit"]), NUMBER)
ACTORS = st.sampled_from(["patient", "patient", "doctor", "doctor", "admin"])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "timezone": NUMBER,
        "lengths": LENGTHS,
        "max_appointments": st.sampled_from([0, 1, 2, 30]),
        "fee": st.sampled_from([0, 100]),
    },
)
TIMES = st.sampled_from([5 * MINUTE, *3 * [20 * MINUTE], timedelta(hours=5), DAY, DAY, 3 * DAY, 15 * DAY])
AN_EDGE = st.tuples(st.sampled_from(["start", "end", "deadline", "correction"]), st.booleans())
EDGES = st.one_of(*3 * [st.none()], AN_EDGE)
SELDOM = st.sampled_from([False, False, False, True])
ENTRY_STATUSES = {"leave_waitlist": "left", "pause_waitlist": "paused", "resume_waitlist": "waiting"}


class ComparedActions(ComparedHistory):
    """Everything that people can do, and time that passes."""

    @rule(patient=NUMBER, doctor=NUMBER, start=START, by_admin=SELDOM)
    def book(self, patient: int, doctor: int, start: tuple[str, int], by_admin: bool) -> None:
        self.book_at(self.patient(patient), self.doctor(doctor), *start, by="admin" if by_admin else "app")

    @rule(bookings=BOOKINGS)
    def book_some(self, bookings: list[tuple[int, int]]) -> None:
        self.book_free_slots(bookings)

    @rule(patient=NUMBER, doctor=NUMBER, start=START, number=st.none() | NUMBER)
    def explain(self, patient: int, doctor: int, start: tuple[str, int], number: int | None) -> None:
        a = None if number is None else self.appointment(number)
        p, d = (a.patient, a.doctor) if a else (self.patient(patient), self.a_doctor(doctor))
        at, known = self.start(d, *start), self.id_of(a) if a else None
        statement = "SELECT rule FROM explain_booking($1, $2, $3, $4)"
        self.agree(
            lambda: [row["rule"] for row in self.postgres.act(statement, p, d, at, known)],
            lambda: self.world.explain(d, p, at, a),
        )

    @rule(number=NUMBER, edge=EDGES, actor=ACTORS, stranger=SELDOM, block=SELDOM)
    def cancel(self, number: int, edge: Edge, actor: str, stranger: bool, block: bool) -> None:
        if a := self.appointment_at(number, edge):
            who, block = self.party(a, actor, stranger=stranger), block and actor == "doctor"
            self.same(
                lambda: self.postgres.act_as(actor, CANCEL, who, self.id_of(a), block=block),
                lambda: self.world.cancel(a, actor, who, block=block),
            )

    @rule(number=NUMBER, edge=EDGES, actor=ACTORS, stranger=SELDOM, start=START, block=SELDOM)
    def reschedule(
        self, number: int, edge: Edge, actor: str, stranger: bool, start: tuple[str, int], block: bool
    ) -> None:
        if a := self.appointment_at(number, edge):
            who, block = self.party(a, actor, stranger=stranger), block and actor == "doctor"
            at = self.start(a.doctor, *start)
            self.same(
                lambda: self.postgres.act_as(actor, MOVE, who, self.id_of(a), at, block=block),
                lambda: self.world.reschedule(a, actor, who, at, block=block),
            )

    @rule(doctor=NUMBER, patient=st.none() | NUMBER, day=DAY_OF, block=SELDOM, dry_run=SELDOM)
    def bulk_cancel(self, doctor: int, patient: int | None, day: tuple[str, int], block: bool, dry_run: bool) -> None:
        d, p = self.doctor(doctor), None if patient is None else self.patient(patient)
        on = self.day(d, *day)
        statement = "SELECT * FROM bulk_cancel($1, $2, $3, NULL, $4, $5)"
        self.run_both(
            (statement, d, p, on, block, dry_run),
            lambda: self.world.bulk_cancel(d, p, on, block=block, dry_run=dry_run),
        )

    @rule(number=NUMBER, edge=st.none() | AN_EDGE, stranger=SELDOM, status=st.sampled_from(["completed", "no_show"]))
    def record_visit(self, number: int, edge: Edge, stranger: bool, status: str) -> None:
        if a := self.appointment_at(number, edge):
            who = self.party(a, "doctor", stranger=stranger)
            statement = "SELECT * FROM record_visit($1, $2, $3)"
            self.run_both((statement, who, self.id_of(a), status), lambda: self.world.record_visit(who, a, status))

    @rule(doctor=NUMBER, week=NUMBER, cancel=SELDOM)
    def change_hours(self, doctor: int, week: int, cancel: bool) -> None:
        d, hours = self.doctor(doctor), self.week(week)
        document = json.dumps([interval._asdict() for interval in hours])
        statement = "SELECT * FROM replace_working_hours($1, $2, $3)"
        self.run_both((statement, d, document, cancel), lambda: self.world.replace_hours(d, hours, cancel=cancel))

    @rule(doctor=NUMBER, changes=CHANGES, cancel=SELDOM)
    def change_practice(self, doctor: int, changes: dict[str, Any], cancel: bool) -> None:
        d = self.a_doctor(doctor)
        if "timezone" in changes:
            changes["timezone"] = self.zone(changes["timezone"])
        if "lengths" in changes:
            changes["slot_minutes"], changes["buffer_minutes"] = changes.pop("lengths")
        statement, document = "SELECT * FROM change_practice($1, $2, $3)", json.dumps(changes)
        self.run_both((statement, d, document, cancel), lambda: self.world.change_practice(d, changes, cancel=cancel))

    @rule(doctor=NUMBER, start=START, minutes=st.sampled_from([0, 5, 5, 90, 3000]), cancel=SELDOM)
    def take_time_off(self, doctor: int, start: tuple[str, int], minutes: int, cancel: bool) -> None:
        d = self.doctor(doctor)
        begins = self.start(d, *start)
        away = Span(begins, begins + minutes * MINUTE)
        statement = "SELECT * FROM add_time_off($1, $2, $3, NULL, $4)"
        self.run_both((statement, d, *away, cancel), lambda: self.world.take_time_off(d, away, cancel=cancel))

    @rule(number=NUMBER)
    def end_time_off(self, number: int) -> None:
        if self.time_off:
            known, doctor, away = self.time_off[number % len(self.time_off)]
            statement = "SELECT * FROM delete_time_off($1, $2)"
            self.run_both((statement, doctor, known), lambda: self.world.end_time_off(doctor, away))

    @rule(patient=NUMBER, doctor=NUMBER, day=DAY_OF)
    def join_waitlist(self, patient: int, doctor: int, day: tuple[str, int]) -> None:
        p, d = self.patient(patient), self.doctor(doctor)
        on = self.day(d, *day)
        self.run_both(("SELECT * FROM join_waitlist($1, $2, $3)", p, d, on), lambda: self.world.join(p, d, on))

    @rule(number=NUMBER, stranger=SELDOM)
    def leave_waitlist(self, number: int, stranger: bool) -> None:
        self._change_entry(number, stranger, "leave_waitlist")

    @rule(number=NUMBER, stranger=SELDOM, function=st.sampled_from(["pause_waitlist", "resume_waitlist"]))
    def pause_or_resume(self, number: int, stranger: bool, function: str) -> None:
        self._change_entry(number, stranger, function)

    def _change_entry(self, number: int, stranger: bool, function: str) -> None:
        if self.world.entries:
            place = number % len(self.world.entries)
            entry, known = self.world.entries[place], self.entry_ids[place]
            p, status = self.patient(number) if stranger else entry.patient, ENTRY_STATUSES[function]
            statement = f"SELECT * FROM {function}($1, $2)"
            self.run_both((statement, p, known), lambda: self.world.change_entry_status(p, entry, status))

    @rule(number=NUMBER, stranger=SELDOM, accepts=st.booleans())
    def answer_offer(self, number: int, stranger: bool, accepts: bool) -> None:
        """Accept or decline one of the offers, most often an open one."""
        is_open = [n for n, o in enumerate(self.world.offers) if o.status == "queued"]
        choice = is_open if number % 4 and is_open else range(len(self.world.offers))
        if choice:
            place = choice[number % len(choice)]
            o, known = self.world.offers[place], self.offer_ids[place]
            p = self.patient(number) if stranger else o.entry.patient
            statement = "SELECT * FROM claim_offer($1, $2)" if accepts else "SELECT * FROM decline_offer($1, $2)"
            act = self.world.accept if accepts else self.world.decline
            self.run_both((statement, p, known), lambda: act(p, o))

    @rule(limit=st.integers(1, 50))
    def search(self, limit: int) -> None:
        self.agree(lambda: self.postgres.search(limit), lambda: self.world.search(limit))

    @rule(doctor=NUMBER)
    def sweep(self, doctor: int) -> None:
        d = self.a_doctor(doctor)
        self.run_both(("SELECT sweep_doctor($1)", d), lambda: self.world.sweep(d))

    @rule(time=TIMES)
    def pass_time(self, time: timedelta) -> None:
        self.let_pass(time)
