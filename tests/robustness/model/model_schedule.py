"""The schedules of the model: what a doctor changes, and the appointments that this affects."""

from dataclasses import replace
from typing import Any

from tests.robustness.model.model_calendar import Interval, Span, covers
from tests.robustness.model.model_offers import EVER
from tests.robustness.model.model_records import Appointment, Doctor, Refused
from tests.robustness.model.model_waitlist import Waitlist


class Schedule(Waitlist):
    def ahead_of(self, doctor: int) -> list[Appointment]:
        return [a for a in self.appointments if a.doctor == doctor and a.is_ahead(self.now)]

    def replace_hours(self, doctor: int, week: tuple[Interval, ...], *, cancel: bool) -> list[Appointment]:
        return self._change(doctor, {"week": week}, cancel=cancel)

    def change_practice(self, doctor: int, changes: dict[str, Any], *, cancel: bool) -> list[Doctor]:
        self._change(doctor, changes, cancel=cancel)
        return [self.doctors[doctor]]

    def take_time_off(self, doctor: int, away: Span, *, cancel: bool) -> list[Span]:
        if away.end <= away.start:
            raise Refused("time_off_during_valid")
        d = self._doctor(doctor)
        covered = [a for a in self.ahead_of(doctor) if a.span.overlaps(away)]
        self._settle(covered, cancel=cancel, rule="time_off_no_appointment")
        d.away.append(away)
        self._serve_after_change(doctor)
        return [away]

    def end_time_off(self, doctor: int, away: Span) -> list[Span]:
        self._doctor(doctor).away.remove(away)
        if away.end > self.now:
            self._serve_after_change(doctor, away)
        return [away]

    def _change(self, doctor: int, changes: dict[str, Any], *, cancel: bool) -> list[Appointment]:
        """Change a doctor; return the appointments outside the new hours."""
        d = self._doctor(doctor)
        changed = replace(d, **changes)
        moves = "week" in changes or changed.timezone != d.timezone
        stranded = [a for a in self.ahead_of(doctor) if moves and not covers(changed.timezone, changed.week, a.span)]
        self._settle(stranded, cancel=cancel, rule="working_hours_cover_appointments")
        self.doctors[doctor] = changed
        if ("week" in changes and (d.week or changed.week)) or _grid(d) != _grid(changed):
            self._serve_after_change(doctor, EVER)
        return stranded

    def _settle(self, affected: list[Appointment], *, cancel: bool, rule: str) -> None:
        if affected and not cancel:
            raise Refused(rule)
        for a in affected:
            self.end(a, "canceled", "doctor")

    def _serve_after_change(self, doctor: int, freed: Span | None = None) -> None:
        """Bring offers up to date after a change of the schedule, which may also remove slots."""
        if self.has_waitlist(doctor) or self.on_offer(doctor):
            self.serve(doctor, freed)


def _grid(d: Doctor) -> tuple[object, ...]:
    return d.timezone, d.slot_minutes, d.buffer_minutes, d.max_appointments
