"""The booking rules in plain Python, with which test_model.py compares PostgreSQL.

The model does not use the database. It evaluates every rule by plain loops over lists of all objects. Like the database,
it stores a status apart from the one that counts: a lapsed hold stays `pending` until an act writes `expired`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.robustness.model.model_calendar import Span, local
from tests.robustness.model.model_offers import WINDOW
from tests.robustness.model.model_records import HELD, Appointment, Doctor, Offer, Refused
from tests.robustness.model.model_schedule import Schedule

NOTICE, CORRECTION = timedelta(hours=72), timedelta(hours=168)


class World(Schedule):
    """The rules of appointments. Its base classes have those of schedules, the waitlist and offers."""

    def broken(
        self,
        d: Doctor,
        doctor: int,
        patient: int | None,
        start: datetime,
        moved: Appointment | None = None,
        owed: Sequence[Span] = (),
    ) -> list[str]:
        """Return every rule that taking the slot at `start` breaks, in the order of refusals."""
        slot = d.span(start)
        others = [a for a in self.appointments if a is not moved and a.is_active(self.now)]
        clashing = [a for a in others if a.span.overlaps(slot)]
        holds = [a for a in others if a.patient == patient and a.status == "pending"]
        takes_seat = moved is None or moved.seat is None
        seated = sum(a.doctor == doctor for a in others) + len(owed)
        becomes_hold = (moved.fee if moved and moved.status == "offered" else not moved and d.fee) > 0
        rules = {
            "appointment_status_transition": moved is not None
            and not (moved.is_active(self.now) and self.now < moved.span.start),
            "appointment_booking_window": not self.now < slot.start <= self.now + WINDOW,
            "appointment_within_working_hours": not d.works(slot),
            "appointment_doctor_no_overlap": any(a.doctor == doctor for a in clashing) or any(map(slot.overlaps, owed)),
            "appointment_patient_no_overlap": any(a.patient == patient for a in clashing),
            "appointment_patient_hold_limit": becomes_hold and len(holds) >= self.hold_limit,
            "appointment_doctor_cap": takes_seat and seated >= d.max_appointments,
        }
        return [rule for rule, broken in rules.items() if broken]

    def search(self, limit: int) -> list[tuple[datetime, int]]:
        return sorted((start, doctor) for doctor in self.doctors for start in self.free_slots(doctor))[:limit]

    def explain(self, doctor: int, patient: int | None, start: datetime, moved: Appointment | None) -> list[str]:
        owed = self.owed(doctor) if self.has_waitlist(doctor) else []
        return self.broken(self.doctors[doctor], doctor, patient, start, moved=moved, owed=owed)

    def book(self, patient: int, doctor: int, start: datetime, *, by: str = "app") -> list[Appointment]:
        d = self._doctor(doctor)
        if by == "app" and self.has_waitlist(doctor):
            self.serve(doctor)
            for o in self.open_offers():
                if (o.entry.patient, o.slot.doctor, o.slot.span.start) == (patient, doctor, start):
                    return self.accept(patient, o)
        for rule in self.broken(d, doctor, patient, start):
            raise Refused(rule)
        if patient not in self.patients:
            raise Refused("appointment_patient_id_fkey")
        self.retire(doctor, patient)
        booked = Appointment(doctor, patient, d.span(start), d.fee, self.seat(doctor), start - NOTICE)
        booked.made = self.happened()
        if d.fee > 0:
            booked.status, booked.hold_ends = "pending", min(self.now + self.hold, start)
        self.appointments.append(booked)
        self.answer(booked, local(start, d.timezone).date())
        return [booked]

    def accept(self, patient: int, o: Offer) -> list[Appointment]:
        if o.entry.patient != patient:
            return []
        self.refuse_if_over(o)
        a, d = o.slot, self.doctors[o.slot.doctor]
        for rule in self.broken(d, a.doctor, patient, a.span.start, moved=a):
            raise Refused(rule)
        self.retire(a.doctor, patient)
        o.status, a.patient, a.status = "accepted", patient, "confirmed"
        if a.fee > 0:
            a.status, a.hold_ends = "pending", min(self.now + self.hold, a.span.start)
        else:
            self.answer(a, local(a.span.start, d.timezone).date())
        for other in self.open_offers(of=a):
            self.end_offer(other, "superseded")
        if self.has_waitlist(a.doctor):
            self.serve(a.doctor)
        return [a]

    def cancel(self, a: Appointment, actor: str, who: int, *, block: bool = False) -> list[Appointment]:
        if not a.is_of(actor, who):
            return []
        self._refuse_unless_ahead(a)
        if actor == "patient" and self.now >= a.deadline:
            raise Refused("appointment_cancel_notice")
        self.end(a, "canceled", actor)
        self.doctors[a.doctor].away += [a.span] if block else []
        self._serve_those_waiting(a.doctor)
        return [a]

    def reschedule(
        self, a: Appointment, actor: str, who: int, start: datetime, *, block: bool = False
    ) -> list[Appointment]:
        if not a.is_of(actor, who):
            return []
        d = self.doctors[a.doctor]
        slot, blocked = d.span(start), [a.span] if block else []
        self._refuse_unless_ahead(a)
        was, offered = a.span, actor == "patient" and self._take_offered_place(a, start)
        if actor == "patient" and not offered and self.has_waitlist(a.doctor):
            self.serve(a.doctor)
        if slot != a.span:
            for rule in self.broken(replace(d, away=d.away + blocked), a.doctor, a.patient, start, moved=a):
                raise Refused(rule)
            self.retire(a.doctor, a.patient)
            # a move must not extend the patient's deadline; after a doctor's move the deadline is the start
            a.deadline = min(a.deadline, start - NOTICE) if actor == "patient" else start
            a.hold_ends = a.hold_ends and min(a.hold_ends, start)
            a.span = slot
        elif block:
            raise Refused("time_off_no_appointment")
        d.away += blocked
        if a.span != was:
            self._serve_those_waiting(a.doctor, None if block else was)
        return [a]

    def _take_offered_place(self, a: Appointment, start: datetime) -> bool:
        """Release the slot at `start` if it is offered to the appointment's patient."""
        for o in self.open_offers():
            theirs = (o.entry.patient, o.slot.doctor, o.slot.span.start) == (a.patient, a.doctor, start)
            if theirs and o.ends > self.now:
                o.status, o.entry.status = "accepted", "fulfilled"
                self.release(o.slot)
                return True
        return False

    def _serve_those_waiting(self, doctor: int, freed: Span | None = None) -> None:
        if self.has_waitlist(doctor):
            self.serve(doctor, freed)

    def bulk_cancel(
        self, doctor: int, patient: int | None, day: date | None, *, block: bool, dry_run: bool
    ) -> list[Appointment]:
        zone = self._doctor(doctor).timezone
        chosen = [a for a in self.ahead_of(doctor) if patient in (None, a.patient)]
        chosen = [a for a in chosen if day in (None, local(a.span.start, zone).date())]
        if not dry_run:
            for a in chosen:
                self.end(a, "canceled", "doctor")
            self.doctors[doctor].away += [a.span for a in chosen if block]
            if chosen:
                self._serve_those_waiting(doctor)
        return chosen

    def record_visit(self, doctor: int, a: Appointment, status: str) -> list[Appointment]:
        if a.doctor != doctor:
            return []
        was = a.counts_as(self.now)
        if status != was:
            corrects = {was, status} == {"completed", "no_show"} and self.now <= a.span.end + CORRECTION
            comes = was == "confirmed" and self.now >= a.span.start
            if not (corrects or comes):
                raise Refused("appointment_status_transition")
        if a.status != status:
            self.end(a, status)
        return [a]

    def sweep(self, doctor: int) -> list[int]:
        self._doctor(doctor)
        self.retire(doctor)
        for entry in self._outwaited():
            if entry.doctor == doctor:
                self.end_waitlist_entries(entry, "lapsed")
        self.serve(doctor)
        return [doctor]

    def to_sweep(self) -> list[int]:
        """Return the doctors for whom the sweep has something to do."""
        over = [a for a in self.appointments if a.status in HELD and not a.is_active(self.now)]
        due = {doctor for doctor in self.doctors if self.is_due(doctor)}
        return sorted({a.doctor for a in over} | {e.doctor for e in self._outwaited()} | due)

    def pass_time(self, time: timedelta) -> None:
        """Let time pass by making everything that much earlier. Waitlist days move by whole days only."""
        for a in self.appointments:
            a.span, a.deadline = a.span.earlier(time), a.deadline - time
            a.hold_ends = a.hold_ends and a.hold_ends - time
            a.changed_at = a.changed_at and a.changed_at - time
        for o in self.offers:
            o.made_at, o.due, o.ends = o.made_at - time, o.due - time, o.ends - time
        for doctor in self.doctors.values():
            doctor.away = [away.earlier(time) for away in doctor.away]
        for entry in self.entries:
            entry.day = entry.day and entry.day - timedelta(days=time.days)

    def _refuse_unless_ahead(self, a: Appointment) -> None:
        if not a.is_ahead(self.now):
            raise Refused("appointment_status_transition")


class Snapshot:
    """A copy of a world, to undo a refused act."""

    def __init__(self, world: World) -> None:
        things = (world, *world.doctors.values(), *world.appointments, *world.entries, *world.offers)
        self._was = [(thing, _copied(vars(thing))) for thing in things]

    def restore(self) -> None:
        for thing, was in self._was:
            vars(thing).update(_copied(was))


def _copied(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if isinstance(value, list | dict) else value for name, value in fields.items()}
