"""The waitlist of the model: who may join it, and how an entry ends."""

from datetime import date, datetime

from tests.robustness.model.model_calendar import local
from tests.robustness.model.model_offers import MIN_NOTICE, WINDOW, Offers
from tests.robustness.model.model_records import LIVE, OPEN, Appointment, Doctor, Offer, Refused, WaitlistEntry


class Waitlist(Offers):
    def free_slots(self, doctor: int) -> list[datetime]:
        """Return the starts that any patient could book."""
        owed = self.owed(doctor) if self.has_waitlist(doctor) else []
        if len(self.active_of(doctor)) + len(owed) >= self.doctors[doctor].max_appointments:
            return []
        return [span.start for span in self.untaken(doctor) if not any(map(span.overlaps, owed))]

    def join(self, patient: int, doctor: int, day: date | None) -> list[WaitlistEntry]:
        d = self._doctor(doctor)
        if day and not local(self.now, d.timezone).date() <= day <= local(self.now + WINDOW, d.timezone).date():
            raise Refused("waitlist_desired_date_window")
        if any(day in (None, local(start, d.timezone).date()) for start in self.free_slots(doctor)):
            raise Refused("waitlist_only_when_full")
        if any((e.doctor, e.patient, e.day) == (doctor, patient, day) and e.status in LIVE for e in self.entries):
            raise Refused("waitlist_entry_unique")
        if patient not in self.patients:
            raise Refused("waitlist_entry_patient_id_fkey")
        lately = [a for a in self.appointments if (a.doctor, a.patient, a.canceled_by) == (doctor, patient, "doctor")]
        first = any(a.changed_at and self.now - a.changed_at < WINDOW for a in lately)
        joined = WaitlistEntry(doctor, patient, day, 1 if first else 2)
        self.entries.append(joined)
        self.serve(doctor)
        return [joined]

    def answer(self, booked: Appointment, day: date) -> None:
        for entry in self.entries:
            if entry.is_answered_by(booked, day):
                self.end_waitlist_entries(entry, "fulfilled")

    def end_waitlist_entries(self, entry: WaitlistEntry, status: str) -> None:
        entry.status = status
        for o in self.open_offers(to=entry):
            o.status = {"left": "declined", "lapsed": "expired"}.get(status, "superseded")

    def decline(self, patient: int, o: Offer) -> list[Offer]:
        if o.entry.patient != patient:
            return []
        self.refuse_if_over(o)
        self.end_offer(o, "declined")
        self.serve(o.slot.doctor)
        return [o]

    def refuse_if_over(self, o: Offer) -> None:
        if o.status in ("superseded", "expired") or (o.status in OPEN and o.ends <= self.now):
            raise Refused("offer_superseded")
        if o.status not in OPEN:
            raise Refused("offer_status_transition")

    def change_entry_status(self, patient: int, entry: WaitlistEntry, status: str) -> list[WaitlistEntry]:
        if entry.patient != patient:
            return []
        for o in self.open_offers(to=entry) if status != "waiting" else []:
            self.end_offer(o, "declined")
        if entry.status not in LIVE or (entry.status, status) == ("offered", "paused"):
            raise Refused("waitlist_entry_status_transition")
        if (entry.status, status) != ("offered", "waiting"):
            entry.status = status
        self.serve(entry.doctor)
        return [entry]

    def is_due(self, doctor: int) -> bool:
        """Whether the sweep has something to do for a doctor's waitlist."""
        for a in self.on_offer(doctor):
            offers = self.open_offers(of=a)
            if a.span.start - MIN_NOTICE <= self.now or not offers or any(o.due <= self.now for o in offers):
                return True
        return bool(self.without_offer(doctor)) or (self.has_waitlist(doctor) and bool(self.owed(doctor)))

    def _outwaited(self) -> list[WaitlistEntry]:
        """Return the live entries whose day has ended in the doctor's zone."""
        waiting = [(e, e.day) for e in self.entries if e.status in LIVE]
        zones = {doctor: d.timezone for doctor, d in self.doctors.items()}
        return [e for e, day in waiting if day and day < local(self.now, zones[e.doctor]).date()]

    def _doctor(self, doctor: int) -> Doctor:
        if doctor not in self.doctors:
            raise Refused("appointment_doctor_id_fkey")
        return self.doctors[doctor]
