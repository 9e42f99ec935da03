"""How a history selects people and times: by a number, modulo the count of the choices."""

from datetime import date, datetime, timedelta

from tests.robustness.model.model import CORRECTION, World
from tests.robustness.model.model_calendar import DAY, MINUTE, Interval, Span, local
from tests.robustness.model.model_offers import WINDOW
from tests.robustness.model.model_records import Appointment

STEPS = ((30, 0), (20, 10), (45, 15), (60, 0))  # minutes of a slot and of its buffer
EDGES = [timedelta(hours=hours) for hours in (0, 72, 360)]  # from now on: where the verdict of a rule changes
ZONES = ("America/New_York", "UTC", "Pacific/Apia")


class Choices:
    world: World
    zones: list[str]
    phase: int  # slots begin and end at this minute, modulo five

    def zone(self, number: int) -> str:
        return self.zones[number % len(self.zones)]

    def week(self, number: int) -> tuple[Interval, ...]:
        """Return one of four weeks: until midnight, half days, two whole days, and an hour and a half a day."""
        p, kind = self.phase, number % 4
        if kind == 0:
            return tuple(Interval(day, *half) for day in range(1, 8) for half in ((540 + p, 780 + p), (1200 + p, 1440)))
        if kind == 1:
            return tuple(Interval(day, 480 + p, 870 + p) for day in range(1, 6))
        if kind == 2:
            return tuple(Interval(day, p, 1440) for day in (2, 5))
        return tuple(Interval(day, 600 + p, 690 + p) for day in range(1, 8))

    def doctor(self, number: int) -> int:
        """Return one of the doctors, or seldom a patient."""
        choice = [*5 * list(self.world.doctors), self.world.patients[0]]
        return choice[number % len(choice)]

    def a_doctor(self, number: int) -> int:
        doctors = list(self.world.doctors)
        return doctors[number % len(doctors)]

    def patient(self, number: int) -> int:
        """Return one of the patients, or seldom a doctor."""
        choice = [*6 * self.world.patients, *list(self.world.doctors)[:1]]
        return choice[number % len(choice)]

    def appointment(self, number: int) -> Appointment | None:
        """Return one of the appointments, most often an active one; None if there is none."""
        known = [a for a in self.world.appointments if a.patient is not None]
        active = [a for a in known if a.is_active(self.world.now)]
        choice = active if number % 4 and active else known
        return choice[number % len(choice)] if choice else None

    def party(self, a: Appointment, actor: str, *, stranger: bool) -> int:
        """Return the appointment's patient or doctor or, for a stranger, another one."""
        people = self.world.patients if actor == "patient" else list(self.world.doctors)
        place = people.index(a.doctor if actor != "patient" or a.patient is None else a.patient)
        known: int = people[(place + stranger) % len(people)]
        return known

    def day(self, doctor: int, kind: str, number: int) -> date | None:
        """Return None, one of the next days, one at the end of the window, or that of a visit, in the doctor's zone."""
        zone = self.world.doctors[doctor].timezone if doctor in self.world.doctors else "UTC"
        visits = [local(a.span.start, zone).date() for a in self.world.appointments if a.doctor == doctor]
        if kind == "visit" and visits:
            return visits[-1 - number % len(visits)]
        today = local(self.world.now, zone).date()
        return {"soon": today + (number % 4 - 1) * DAY, "late": today + (number % 3 + 14) * DAY}.get(kind)

    def start(self, doctor: int, kind: str, number: int) -> datetime:
        """Return a start of a kind, else a free one, else any near now."""
        starts = self._starts(doctor, kind)
        if not starts and kind != "anywhere" and doctor in self.world.doctors:
            starts = self.world.free_slots(doctor)
        return starts[number % len(starts)] if starts else self.lately() + (number % 5000 - 300) * 5 * MINUTE

    def _starts(self, doctor: int, kind: str) -> list[datetime]:
        """Return the starts that are taken, on the grid, near an edge of it, in a time off, or during any visit."""
        now, d, visits = self.world.now, self.world.doctors.get(doctor), [a.span for a in self.world.appointments]
        if kind == "taken":
            return [span.start for span in visits]
        grid = d.slots(now - DAY, now + WINDOW + DAY) if d else []
        if kind == "near":
            return [start for edge in EDGES for start in sorted(grid, key=lambda start: abs(start - now - edge))[:4]]
        spans = {"grid": [Span(now - DAY, now + 2 * WINDOW)], "away": d.away if d else [], "elsewhere": visits}
        return [start for start in grid if d and any(map(d.span(start).overlaps, spans.get(kind, [])))]

    def lately(self) -> datetime:
        """Return the last instant, at least two minutes ago, at which a slot may begin or end."""
        this_minute = self.world.now.replace(second=0, microsecond=0)
        return this_minute - (this_minute.minute - self.phase) % 5 * MINUTE


def edges_of(a: Appointment) -> dict[str, datetime]:
    return {"start": a.span.start, "end": a.span.end, "deadline": a.deadline, "correction": a.span.end + CORRECTION}
