"""Random load: every operation of doctors and patients, by many patients who want the same few slots."""

import random
from collections import Counter, deque
from datetime import datetime, timedelta
from random import choice as some
from typing import Any, NamedTuple

import httpx
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import SLOT, a_slot, bearer, make_doctor, make_patients
from tests.support.http.appointment_actions import as_doctor, as_patient
from tests.support.http.bookings import APPOINTMENTS, cancel, post_booking
from tests.support.http.registration import ME
from tests.support.http.schedules import TIME_OFF, interval, put_week, take_off, times_off

WAITLIST = "/api/appointments/waitlist/"
CAP, HOLDS = 6, 2  # low, so that they are often reached
WEIGHTS = {  # of the operations
    "book": 30,
    "reschedule": 12,
    **dict.fromkeys(("cancel", "doctor_reschedule", "end_time_off"), 8),
    "doctor_cancel": 5,
    **dict.fromkeys(("hours", "practice", "wait"), 4),
    "take_off": 3,
    **dict.fromkeys(("bulk_cancel", "profile", "leave"), 2),
    "visit": 1,
}


class Booked(NamedTuple):
    id: int
    doctor: int
    patient: int


class RandomLoad:
    """A practice of four doctors, two of them free of charge, with its patients."""

    def __init__(self, doctors: list[int], patients: list[int], slots: list[datetime]) -> None:
        self.doctors = doctors
        self.steady = doctors[1::2]  # whose caps never change
        self.patients = patients
        self.slots = slots
        self.tally: Counter[tuple[str, str]] = Counter()
        self.failures: list[str] = []
        self._appointments: deque[Booked] = deque(maxlen=30)  # the latest; most older ones have ended
        self._entries: deque[tuple[int, int]] = deque(maxlen=20)  # waitlist entry, patient

    async def act(self, client: AsyncClient) -> None:
        (name,) = random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        try:
            answer = await getattr(self, f"_{name}")(client)
        except IndexError:
            return  # `some` found nothing to choose from yet
        self.tally[name, "done" if answer.is_success else str(answer.json()["code"])] += 1
        if answer.is_server_error:
            self.failures.append(f"{name}: {answer.status_code} {answer.text}")

    @property
    def missed(self) -> set[str]:
        """The operations that have not succeeded yet. A visit never can: none has begun."""
        return {name for name in WEIGHTS if not self.tally[name, "done"]} - {"visit"}

    def _regular(self) -> int:
        """Return a patient; the first four are chosen so often that their own bookings conflict."""
        return some(self.patients[:4] if random.random() < 0.5 else self.patients)

    async def _book(self, client: AsyncClient) -> httpx.Response:
        patient, doctor = self._regular(), some(self.doctors)
        answer = await post_booking(client, patient, doctor, some(self.slots))
        if answer.is_success:
            self._appointments.append(Booked(answer.json()["id"], doctor, patient))
        return answer

    async def _cancel(self, client: AsyncClient) -> httpx.Response:
        it = some(self._appointments)
        return await cancel(client, it.patient, it.id)

    async def _reschedule(self, client: AsyncClient) -> httpx.Response:
        it, start = some(self._appointments), some(self.slots).isoformat()
        return await as_patient(client, it.patient, it.id, "reschedule", appointment_date=start)

    async def _doctor_cancel(self, client: AsyncClient) -> httpx.Response:
        it = some(self._appointments)
        return await as_doctor(client, it.doctor, it.id, "doctor_cancel", reason="ill", block=rarely())

    async def _doctor_reschedule(self, client: AsyncClient) -> httpx.Response:
        it, start = some(self._appointments), some(self.slots).isoformat()
        return await as_doctor(client, it.doctor, it.id, "doctor_reschedule", appointment_date=start, block=rarely())

    async def _visit(self, client: AsyncClient) -> httpx.Response:
        it = some(self._appointments)
        return await as_doctor(client, it.doctor, it.id, some(["complete", "no_show"]))

    async def _bulk_cancel(self, client: AsyncClient) -> httpx.Response:
        it = some(self._appointments)
        which: dict[str, object] = {"block": rarely(), "dry_run": rarely()}
        which |= some([{"patient_id": it.patient}, {"cancel_date": some(self.slots).date().isoformat()}, {}])
        path = f"{APPOINTMENTS}doctor_bulk_cancel/"
        return await client.post(path, headers=bearer(it.doctor, "doctor"), json=which)

    async def _take_off(self, client: AsyncClient) -> httpx.Response:
        doctor, start = some(self.doctors), some(self.slots)
        return await take_off(client, doctor, start, start + SLOT, cancel_affected=rarely(), dry_run=rarely())

    async def _end_time_off(self, client: AsyncClient) -> httpx.Response:
        doctor = some(self.doctors)
        time_off = some(await times_off(client, doctor))["id"]
        return await client.delete(f"{TIME_OFF}{time_off}", headers=bearer(doctor, "doctor"))

    async def _hours(self, client: AsyncClient) -> httpx.Response:
        week = week_of(self.slots, some(self.slots) if rarely() else None)
        return await put_week(client, some(self.doctors), *week, cancel_affected=rarely(), dry_run=rarely())

    async def _practice(self, client: AsyncClient) -> httpx.Response:
        doctor, change = some(self.doctors), {"specialty": some(["", "heart"])}
        cap = {} if doctor in self.steady else {"max_appointments": random.randint(3, 12)}
        return await client.patch(ME, headers=bearer(doctor, "doctor"), json=change | cap)

    async def _profile(self, client: AsyncClient) -> httpx.Response:
        change = {"phone": str(random.randint(1000, 9999))}
        return await client.patch(ME, headers=bearer(some(self.patients), "patient"), json=change)

    async def _wait(self, client: AsyncClient) -> httpx.Response:
        patient, day = some(self.patients), some([None, some(self.slots).date().isoformat()])
        body = {"doctor": some(self.doctors), "desired_date": day}
        answer = await client.post(WAITLIST, headers=bearer(patient, "patient"), json=body)
        if answer.is_success:
            self._entries.append((answer.json()["id"], patient))
        return answer

    async def _leave(self, client: AsyncClient) -> httpx.Response:
        entry, patient = some(self._entries)
        return await client.delete(f"{WAITLIST}{entry}/", headers=bearer(patient, "patient"))


def rarely() -> bool:
    return random.random() < 0.3


def week_of(slots: list[datetime], free: datetime | None = None) -> list[dict[str, Any]]:
    """Return working hours around the clock on the days of `slots`, without the slot `free` if it is given."""
    days = {slot.isoweekday() for slot in slots}
    if free is None:
        return [interval(day, "00:00", "24:00") for day in days]
    begin, end = f"{free:%H:%M}", f"{free + SLOT:%H:%M}"
    parts = [("00:00", begin), (end.replace("00:00", "24:00"), "24:00")]
    rest = [interval(free.isoweekday(), start, stop) for start, stop in parts if start != stop]
    return rest + [interval(day, "00:00", "24:00") for day in days - {free.isoweekday()}]


async def open_practice(owner: Connection) -> RandomLoad:
    soon, later = timedelta(days=2), timedelta(days=4)  # after and before the deadline for cancellations
    slots = [a_slot(n, after=soon) for n in range(3)] + [a_slot(n, after=later) for n in range(10)]
    hours = tuple((day, 0, 1440) for day in {slot.isoweekday() for slot in slots})
    doctors = [await make_doctor(owner, hours=hours, fee=fee, max_appointments=CAP) for fee in (0, 0, 100, 100)]
    await owner.execute("UPDATE policy SET patient_hold_limit = $1", HOLDS)
    return RandomLoad(doctors, await make_patients(owner, 60), slots)
