"""The offers of the model: which slot is offered to whom, in which wave, and until when."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.robustness.model.model_calendar import MINUTE, Span, local
from tests.robustness.model.model_records import HELD, OPEN, Appointment, Doctor, Offer, WaitlistEntry

WINDOW = timedelta(hours=360)
FIRST_WAVE, MIN_NOTICE, WAVES = 3, timedelta(hours=2), 4
EVER = Span(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))  # all of time


def wave_delay(lead: timedelta) -> timedelta:
    return min(max(lead / 48, 10 * MINUTE), 60 * MINUTE)


@dataclass
class Offers:
    """Doctors by id. Appointments, waitlist entries and offers in the order in which they were added."""

    now: datetime
    hold: timedelta
    hold_limit: int
    doctors: dict[int, Doctor]
    patients: list[int]
    appointments: list[Appointment] = field(default_factory=list)
    entries: list[WaitlistEntry] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    act: int = 0  # the number of the current act
    moment_number: int = 0

    def active_of(self, doctor: int) -> list[Appointment]:
        return [a for a in self.appointments if a.doctor == doctor and a.is_active(self.now)]

    def untaken(self, doctor: int) -> list[Span]:
        """Return the slots within the booking window that are not taken."""
        d = self.doctors[doctor]
        taken = [a.span for a in self.active_of(doctor)] + d.away
        spans = [d.span(start) for start in d.slots(self.now, self.now + WINDOW) if self.now < start]
        return [span for span in spans if not any(map(span.overlaps, taken))]

    def has_waitlist(self, doctor: int) -> bool:
        return any(e.doctor == doctor and e.status in ("waiting", "offered") for e in self.entries)

    def on_offer(self, doctor: int) -> list[Appointment]:
        return [a for a in self.appointments if a.doctor == doctor and a.status == "offered"]

    def open_offers(self, *, of: Appointment | None = None, to: WaitlistEntry | None = None) -> list[Offer]:
        """Return the open offers, of a slot or to an entry if given."""
        return [o for o in self.offers if o.status in OPEN and (of in (None, o.slot)) and (to in (None, o.entry))]

    def has_claim(self, entry: WaitlistEntry) -> bool:
        return entry.status == "offered" and any(
            o.entry is entry and o.status == "accepted" and o.slot.counts_as(self.now) == "pending" for o in self.offers
        )

    def suits(self, entry: WaitlistEntry, slot: Span) -> bool:
        """Whether a slot can be offered to an entry: on its day, not too soon, not offered before, at a free time."""
        day = local(slot.start, self.doctors[entry.doctor].timezone).date()
        on_time = entry.day in (None, day) and slot.start - MIN_NOTICE > self.now
        theirs = [a for a in self.appointments if a.patient == entry.patient and a.is_active(self.now)]
        busy = any(a.span.overlaps(slot) for a in theirs)
        return on_time and not self._was_offered(entry, slot) and not busy

    def _was_offered(self, entry: WaitlistEntry, slot: Span) -> bool:
        def had_since(o: Offer) -> bool:
            for a in self.appointments:
                if a.doctor != entry.doctor or a.patient is None or not a.span.overlaps(slot):
                    continue
                if a.status == "canceled" and o.status != "accepted" if a is o.slot else a.made > o.made:
                    return True
            return False

        return any(
            o.entry.patient == entry.patient
            and o.slot.doctor == entry.doctor
            and o.slot.span == slot
            and o.status != "superseded"
            and not had_since(o)
            for o in self.offers
        )

    def has_unused_offer(self, entry: WaitlistEntry) -> bool:
        """Whether no appointment has ended since an offer that came to nothing."""

        def ended_since(o: Offer) -> bool:
            return any(
                a.doctor == entry.doctor
                and a is not o.slot
                and a.patient is not None
                and not a.is_active(self.now)
                and (a.seat is not None or a.changed > o.made)
                and min(a.hold_ends or a.span.end, a.span.end) > o.made_at
                for a in self.appointments
            )

        passed = [o for o in self.offers if o.entry is entry and o.status in ("accepted", "declined", "expired")]
        return any(not ended_since(o) for o in passed)

    def plan(self, doctor: int, freed: Span | None = None) -> list[tuple[WaitlistEntry, Appointment | Span]]:
        """Return for each entry in line a slot on offer, or else a free one."""
        room = self.doctors[doctor].max_appointments - len(self.active_of(doctor))
        free = self._to_offer(doctor, freed) if room > 0 else []
        left, planned = self.on_offer(doctor), list[tuple[WaitlistEntry, Appointment | Span]]()
        for entry in self.in_line(doctor):
            theirs = [o.slot for o in self.open_offers(to=entry) if o.ends > self.now]
            suiting = [a for a in left if a in theirs] or [a for a in left if self.suits(entry, a.span)]
            if suiting:
                left.remove(suiting[0])
                planned.append((entry, suiting[0]))
            elif room > 0:
                may = free if not self.has_unused_offer(entry) else [s for s in free if _within(s, freed)]
                for slot in [s for s in may if self.suits(entry, s)][:1]:
                    room, free = room - 1, [s for s in free if not s.overlaps(slot)]
                    planned.append((entry, slot))
        return planned

    def in_line(self, doctor: int) -> list[WaitlistEntry]:
        waiting = [e for e in self.entries if e.doctor == doctor and e.status in ("waiting", "offered")]
        return sorted((e for e in waiting if not self.has_claim(e)), key=lambda e: e.priority)

    def _to_offer(self, doctor: int, freed: Span | None) -> list[Span]:
        theirs = [a for a in self.appointments if a.doctor == doctor]
        ended = [a.span for a in theirs if a.status in ("canceled", "expired") and a.changed_in == self.act]
        lapsed = [a.span for a in theirs if a.status == "pending" and a.hold_ends and a.hold_ends <= self.now]
        given_up = [*ended, *lapsed]
        return sorted(self.untaken(doctor), key=lambda s: (not (_within(s, freed) or s in given_up), s))

    def owed(self, doctor: int) -> list[Span]:
        """Return the free slots that are reserved for the waitlist."""
        if len(self.active_of(doctor)) >= self.doctors[doctor].max_appointments:
            return []
        return [slot for _, slot in self.plan(doctor) if isinstance(slot, Span)]

    def serve(self, doctor: int, freed: Span | None = None) -> None:
        self._end_offers(doctor)
        self._withdraw(doctor)
        for _ in range(3):
            if not self._hand_out(doctor, freed):
                return

    def _end_offers(self, doctor: int) -> None:
        for o in self.open_offers():
            if o.slot.doctor == doctor and o.ends <= self.now:
                self.end_offer(o, "expired")
        for e in self.without_offer(doctor):
            e.status = "waiting"

    def without_offer(self, doctor: int) -> list[WaitlistEntry]:
        """Return the entries that count as offered, although none of their offers is open or claimed."""
        offered = [e for e in self.entries if e.doctor == doctor and e.status == "offered"]
        return [e for e in offered if not self.has_claim(e) and not self.open_offers(to=e)]

    def end_offer(self, o: Offer, status: str) -> None:
        o.status = status
        if status != "accepted" and o.entry.status == "offered":
            o.entry.status = "waiting"

    def _withdraw(self, doctor: int) -> None:
        d, offered = self.doctors[doctor], self.on_offer(doctor)
        surplus = len(self.active_of(doctor)) - d.max_appointments
        for place, a in enumerate(offered):
            fits = d.works(a.span) and a.span == d.span(a.span.start)
            if a.span.start - MIN_NOTICE <= self.now or not fits or len(offered) - place <= surplus:
                self.release(a)

    def release(self, a: Appointment) -> None:
        self.end(a, "released")
        for o in self.open_offers(of=a):
            self.end_offer(o, "expired" if o.ends <= self.now else "superseded")

    def end(self, a: Appointment, status: str, canceled_by: str | None = None) -> None:
        self.happened()
        a.end(status, canceled_by)
        a.changed, a.changed_in, a.changed_at = self.moment_number, self.act, self.now

    def happened(self) -> int:
        """Return the next number of the sequence of events."""
        self.moment_number += 1
        return self.moment_number

    def _hand_out(self, doctor: int, freed: Span | None) -> bool:
        needed = []
        for entry, slot in self.plan(doctor, freed):
            a = slot if isinstance(slot, Appointment) else self._put_on_offer(doctor, slot)
            needed.append(a)
            if entry.status == "waiting":
                self._offer(a, entry, self._wave(a))
        for a in self.on_offer(doctor):
            self._offer_wave(a)
        over = [a for a in self.on_offer(doctor) if a not in needed and not self.open_offers(of=a)]
        for a in over:
            self.end(a, "released")
        return bool(over)

    def _put_on_offer(self, doctor: int, slot: Span) -> Appointment:
        self.retire(doctor)
        fee = self.doctors[doctor].fee
        a = Appointment(doctor, None, slot, fee, self.seat(doctor), slot.start - timedelta(hours=72), "offered")
        a.made = self.happened()
        self.appointments.append(a)
        return a

    def retire(self, doctor: int, patient: int | None = None) -> None:
        """Write down which of a doctor's and of a patient's holds have lapsed and which of their visits are over."""
        for a in self.appointments:
            theirs = a.doctor == doctor or a.patient in {patient} - {None}
            if theirs and a.status in HELD and not a.is_active(self.now):
                self.end(a, a.counts_as(self.now))

    def seat(self, doctor: int) -> int:
        return min(set(range(1, 31)) - {a.seat for a in self.appointments if a.doctor == doctor})

    def _wave(self, a: Appointment) -> int:
        """Return the wave of the next offers of a slot."""
        made = [o for o in self.offers if o.slot is a]
        if not made:
            return 1
        last = next(o for o in made if o.wave == max(o.wave for o in made))
        over = self.now >= last.made_at + wave_delay(a.span.start - last.made_at)
        return last.wave + (over or not self.open_offers(of=a))

    def _offer_wave(self, a: Appointment) -> None:
        wave = self._wave(a)
        places = FIRST_WAVE * 2 ** (wave - 1) - sum(o.slot is a and o.wave == wave for o in self.offers)
        suiting = [e for e in self.in_line(a.doctor) if e.status == "waiting" and self.suits(e, a.span)]
        firsts = {e.patient: e for e in reversed(suiting)}
        for entry in [e for e in suiting if firsts[e.patient] is e][: max(places, 0)]:
            self._offer(a, entry, wave)
        for o in self.open_offers(of=a):
            if o.due <= self.now:
                o.due = o.ends

    def _offer(self, a: Appointment, entry: WaitlistEntry, wave: int) -> None:
        pause, latest = wave_delay(a.span.start - self.now), a.span.start - MIN_NOTICE
        due, ends = min(self.now + pause, latest), min(self.now + WAVES * pause, latest)
        self.offers.append(Offer(a, entry, wave, self.now, due, ends, self.happened()))
        entry.status = "offered"


def _within(slot: Span, freed: Span | None) -> bool:
    return freed is EVER or (freed is not None and freed.start <= slot.start and slot.end <= freed.end)
