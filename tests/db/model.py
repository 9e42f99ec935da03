"""The booking rules once more, in plain Python: what test_model.py holds PostgreSQL against.

Nothing here asks the database, and nothing is clever: every rule is read off lists of everything there is. Like the
database, it keeps what is written apart from what counts: a lapsed hold stays `pending` until somebody writes it down.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.db.model_calendar import Interval, Span, covers, local
from tests.db.model_records import HELD, LIVE, Appointment, Doctor, Entry, Refused

WINDOW, NOTICE, CORRECTION = timedelta(hours=360), timedelta(hours=72), timedelta(hours=168)


@dataclass
class World:
    """Doctors and patients by id, appointments and waitlist entries in the order in which they came about."""

    now: datetime
    hold: timedelta
    hold_limit: int
    doctors: dict[int, Doctor]
    patients: list[int]
    appointments: list[Appointment] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def active_of(self, doctor: int) -> list[Appointment]:
        return [a for a in self.appointments if a.doctor == doctor and a.is_active(self.now)]

    def ahead_of(self, doctor: int) -> list[Appointment]:
        return [a for a in self.appointments if a.doctor == doctor and a.is_ahead(self.now)]

    def free_slots(self, doctor: int) -> list[datetime]:
        """Return the starts that anybody could book."""
        d, active = self.doctors[doctor], self.active_of(doctor)
        if len(active) >= d.max_appointments:
            return []
        taken = [a.span for a in active] + d.away
        starts = [s for s in d.slots(self.now, self.now + WINDOW) if self.now < s]
        return [s for s in starts if not any(map(d.span(s).overlaps, taken))]

    def broken(
        self, d: Doctor, doctor: int, patient: int, start: datetime, moved: Appointment | None = None
    ) -> list[str]:
        """Return every rule that taking the slot that starts then breaks, in the order of refusals."""
        slot = d.span(start)
        others = [a for a in self.appointments if a is not moved and a.is_active(self.now)]
        clashing = [a for a in others if a.span.overlaps(slot)]
        holds = [a for a in others if a.patient == patient and a.status == "pending"]
        takes_seat = moved is None or moved.seat is None
        rules = {
            "appointment_status_transition": moved is not None and not moved.is_ahead(self.now),
            "appointment_booking_window": not self.now < slot.start <= self.now + WINDOW,
            "appointment_within_working_hours": not d.works(slot),
            "appointment_doctor_no_overlap": any(a.doctor == doctor for a in clashing),
            "appointment_patient_no_overlap": any(a.patient == patient for a in clashing),
            "appointment_patient_hold_limit": not moved and d.fee > 0 and len(holds) >= self.hold_limit,
            "appointment_doctor_cap": takes_seat and sum(a.doctor == doctor for a in others) >= d.max_appointments,
        }
        return [rule for rule, broken in rules.items() if broken]

    def search(self, limit: int) -> list[tuple[datetime, int]]:
        """Return the earliest free slots of all the doctors."""
        return sorted((start, doctor) for doctor in self.doctors for start in self.free_slots(doctor))[:limit]

    def book(self, patient: int, doctor: int, start: datetime) -> list[Appointment]:
        d = self._doctor(doctor)
        for rule in self.broken(d, doctor, patient, start):
            raise Refused(rule)
        if patient not in self.patients:
            raise Refused("appointment_patient_id_fkey")
        self.retire(doctor, patient)
        seats = {a.seat for a in self.appointments if a.doctor == doctor}
        booked = Appointment(doctor, patient, d.span(start), d.fee, min(set(range(1, 31)) - seats), start - NOTICE)
        if d.fee > 0:
            booked.status, booked.hold_ends = "pending", min(self.now + self.hold, start)
        self.appointments.append(booked)
        for entry in self.entries:
            if entry.is_answered_by(booked, local(start, d.timezone).date()):
                entry.status = "fulfilled"
        return [booked]

    def cancel(self, a: Appointment, actor: str, who: int, *, block: bool = False) -> list[Appointment]:
        if not a.is_of(actor, who):
            return []
        self._refuse_unless_ahead(a)
        if actor == "patient" and self.now >= a.deadline:
            raise Refused("appointment_cancel_notice")
        a.end("canceled", actor)
        self.doctors[a.doctor].away += [a.span] if block else []
        return [a]

    def reschedule(
        self, a: Appointment, actor: str, who: int, start: datetime, *, block: bool = False
    ) -> list[Appointment]:
        if not a.is_of(actor, who):
            return []
        d = self.doctors[a.doctor]
        slot, blocked = d.span(start), [a.span] if block else []
        self._refuse_unless_ahead(a)
        if slot != a.span:
            for rule in self.broken(replace(d, away=d.away + blocked), a.doctor, a.patient, start, moved=a):
                raise Refused(rule)
            self.retire(a.doctor, a.patient)
            # a patient cannot move a visit away only to cancel it; who did not choose the time may cancel until then
            a.deadline = min(a.deadline, start - NOTICE) if actor == "patient" else start
            a.hold_ends = a.hold_ends and min(a.hold_ends, start)
            a.span = slot
        elif block:
            raise Refused("time_off_no_appointment")
        d.away += blocked
        return [a]

    def bulk_cancel(
        self, doctor: int, patient: int | None, day: date | None, *, block: bool, dry_run: bool
    ) -> list[Appointment]:
        zone = self._doctor(doctor).timezone
        chosen = [
            a
            for a in self.ahead_of(doctor)
            if patient in (None, a.patient) and day in (None, local(a.span.start, zone).date())
        ]
        for a in [] if dry_run else chosen:
            self.cancel(a, "doctor", doctor, block=block)
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
        a.end(status)
        return [a]

    def replace_hours(self, doctor: int, week: tuple[Interval, ...], *, cancel: bool) -> list[Appointment]:
        return self._change(doctor, {"week": week}, cancel=cancel)

    def change_practice(self, doctor: int, changes: dict[str, Any], *, cancel: bool) -> list[Doctor]:
        """Change some of a doctor's zone, lengths, cap and fee."""
        self._change(doctor, changes, cancel=cancel)
        return [self.doctors[doctor]]

    def take_time_off(self, doctor: int, away: Span, *, cancel: bool) -> list[Span]:
        if away.end <= away.start:
            raise Refused("time_off_during_valid")
        d = self._doctor(doctor)
        covered = [a for a in self.ahead_of(doctor) if a.span.overlaps(away)]
        self._settle(covered, cancel=cancel, rule="time_off_no_appointment")
        d.away.append(away)
        return [away]

    def end_time_off(self, doctor: int, away: Span) -> list[Span]:
        self._doctor(doctor).away.remove(away)
        return [away]

    def join(self, patient: int, doctor: int, day: date | None) -> list[Entry]:
        d = self._doctor(doctor)
        if day and not local(self.now, d.timezone).date() <= day <= local(self.now + WINDOW, d.timezone).date():
            raise Refused("waitlist_desired_date_window")
        if any(day in (None, local(start, d.timezone).date()) for start in self.free_slots(doctor)):
            raise Refused("waitlist_only_when_full")
        if any((e.doctor, e.patient, e.day) == (doctor, patient, day) and e.status in LIVE for e in self.entries):
            raise Refused("waitlist_entry_unique")
        if patient not in self.patients:
            raise Refused("waitlist_entry_patient_id_fkey")
        self.entries.append(Entry(doctor, patient, day))
        return self.entries[-1:]

    def leave(self, patient: int, entry: Entry) -> list[Entry]:
        if entry.patient != patient:
            return []
        if entry.status not in LIVE:
            raise Refused("waitlist_entry_status_transition")
        entry.status = "left"
        return [entry]

    def retire(self, doctor: int, patient: int | None = None) -> None:
        """Write down which of a doctor's and of a patient's holds have lapsed and which of their visits are over."""
        for a in self.appointments:
            if a.status in HELD and not a.is_active(self.now) and (a.doctor == doctor or a.patient == patient):
                a.end(a.counts_as(self.now))

    def sweep(self, doctor: int) -> list[int]:
        self._doctor(doctor)
        self.retire(doctor)
        for entry in self._outwaited():
            if entry.doctor == doctor:
                entry.status = "lapsed"
        return [doctor]

    def to_sweep(self) -> list[int]:
        """Return the doctors for whom there is something to write down."""
        over = [a for a in self.appointments if a.status in HELD and not a.is_active(self.now)]
        return sorted({a.doctor for a in over} | {e.doctor for e in self._outwaited()})

    def pass_time(self, time: timedelta) -> None:
        """Let time pass, seen from here: whatever is, is that much earlier; days by whole days only."""
        for a in self.appointments:
            a.span, a.deadline = a.span.earlier(time), a.deadline - time
            a.hold_ends = a.hold_ends and a.hold_ends - time
        for doctor in self.doctors.values():
            doctor.away = [away.earlier(time) for away in doctor.away]
        for entry in self.entries:
            entry.day = entry.day and entry.day - timedelta(days=time.days)

    def _doctor(self, doctor: int) -> Doctor:
        if doctor not in self.doctors:
            raise Refused("appointment_doctor_id_fkey")
        return self.doctors[doctor]

    def _outwaited(self) -> list[Entry]:
        """Return the live entries whose day is over where the doctor is."""
        waiting = [(e, e.day) for e in self.entries if e.status in LIVE]
        zones = {doctor: d.timezone for doctor, d in self.doctors.items()}
        return [e for e, day in waiting if day and day < local(self.now, zones[e.doctor]).date()]

    def _refuse_unless_ahead(self, a: Appointment) -> None:
        if not a.is_ahead(self.now):
            raise Refused("appointment_status_transition")

    def _change(self, doctor: int, changes: dict[str, Any], *, cancel: bool) -> list[Appointment]:
        """Change a doctor; return the appointments that new hours or a new zone strand."""
        d = self._doctor(doctor)
        changed = replace(d, **changes)
        moves = "week" in changes or changed.timezone != d.timezone
        stranded = [a for a in self.ahead_of(doctor) if moves and not covers(changed.timezone, changed.week, a.span)]
        self._settle(stranded, cancel=cancel, rule="working_hours_cover_appointments")
        self.doctors[doctor] = changed
        return stranded

    def _settle(self, affected: list[Appointment], *, cancel: bool, rule: str) -> None:
        if affected and not cancel:
            raise Refused(rule)
        for a in affected:
            a.end("canceled", "doctor")
