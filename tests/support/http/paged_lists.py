"""Every list of the API, with rows that are added and removed while a test pages through it."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar

import asyncpg

from tests.support.db.offers import JOIN
from tests.support.factories import SLOT, a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import instant
from tests.support.http.bookings import APPOINTMENTS
from tests.support.http.valid_requests import TAKE_OFF, offered

Key = Any  # the value that a list is sorted by


class ListCase(ABC):
    """A list, by the name of its operation. `make` sets it up; a row is identified by its key."""

    name: ClassVar[str]
    path: str
    headers: dict[str, str]

    def __init__(self, db: asyncpg.Connection) -> None:
        self.db = db

    @abstractmethod
    async def make(self) -> None:
        """Create the caller of the list."""

    @abstractmethod
    async def add(self) -> Key: ...

    @abstractmethod
    async def remove(self, key: Key) -> None: ...

    def key(self, row: dict[str, Any]) -> Key:
        """Return the key of a row of a response."""
        return row["id"]


class Doctors(ListCase):
    """Doctors of one specialty, whose name has to be encoded in links."""

    name = "list_doctors"

    async def make(self) -> None:
        self.specialty = f"Walk & Talk {await make_patient(self.db)}"  # of no other test
        self.path, self.headers = f"/api/doctors/?specialty={self.specialty.lower().replace('&', '%26')}", {}

    async def add(self) -> Key:
        return await make_doctor(self.db, specialty=self.specialty)

    async def remove(self, key: Key) -> None:
        await self.db.execute("DELETE FROM doctor WHERE account_id = $1", key)


class PatientsAppointments(ListCase):
    name = "list_appointments"
    number = 300

    async def make(self) -> None:
        self.patient = await make_patient(self.db)
        self.path, self.headers = f"{APPOINTMENTS}?status=confirmed", bearer(self.patient, "patient")

    async def add(self) -> Key:
        self.number = self.number * 7 % 401  # before, after and between the appointments that exist
        return await self.add_at(a_slot(self.number))

    async def add_at(self, start: datetime) -> Key:
        return start, await book(self.db, self.patient, await make_doctor(self.db, fee=0), start)

    async def remove(self, key: Key) -> None:
        await self.db.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", key[1])

    def key(self, row: dict[str, Any]) -> Key:
        return instant(row["appointment_date"]), row["id"]


class DoctorsAppointments(PatientsAppointments):
    async def make(self) -> None:
        self.doctor = await make_doctor(self.db, fee=0)
        self.path, self.headers = f"{APPOINTMENTS}?status=confirmed", bearer(self.doctor, "doctor")

    async def add_at(self, start: datetime) -> Key:
        return start, await book(self.db, await make_patient(self.db), self.doctor, start)


class AppointmentHistory(ListCase):
    """An appointment's history. No row is ever removed."""

    name = "list_appointment_history"
    number = 0

    async def make(self) -> None:
        self.patient = await make_patient(self.db)
        self.headers = bearer(self.patient, "patient")

    async def add(self) -> Key:
        self.number += 1
        if self.number == 1:
            appointment = await book(self.db, self.patient, await make_doctor(self.db, fee=0), a_slot())
            self.path = f"{APPOINTMENTS}{appointment}/history/"
        else:
            move = "SELECT FROM appointment AS a, reschedule_as_patient(patient_id, a.id, $2) WHERE patient_id = $1"
            await self.db.fetch(move, self.patient, a_slot(self.number))
        return self.number

    async def remove(self, key: Key) -> None:
        pass

    def key(self, row: dict[str, Any]) -> Key:
        return row["number"]


class PatientsWaitlist(ListCase):
    name = "list_waitlist"

    async def make(self) -> None:
        self.patient = await make_patient(self.db)
        self.path, self.headers = "/api/appointments/waitlist/", bearer(self.patient, "patient")

    async def add(self) -> Key:
        return await self.db.fetchval(JOIN, self.patient, await make_doctor(self.db, max_appointments=0), None)

    async def remove(self, key: Key) -> None:
        await self.db.execute("DELETE FROM notification WHERE waitlist_entry_id = $1", key)
        await self.db.execute("DELETE FROM waitlist_entry WHERE id = $1", key)


class DoctorsWaitlist(PatientsWaitlist):
    async def make(self) -> None:
        self.doctor = await make_doctor(self.db, max_appointments=0)
        self.path, self.headers = "/api/appointments/waitlist/", bearer(self.doctor, "doctor")

    async def add(self) -> Key:
        return await self.db.fetchval(JOIN, await make_patient(self.db), self.doctor, None)


class Offers(ListCase):
    name = "list_offers"

    async def make(self) -> None:
        self.patient = await make_patient(self.db)
        self.path, self.headers = "/api/appointments/offers/?status=queued", bearer(self.patient, "patient")

    async def add(self) -> Key:
        return await offered(self.db, self.patient)

    async def remove(self, key: Key) -> None:
        await self.db.execute("UPDATE offer SET status = 'declined' WHERE id = $1", key)


class TimeOff(ListCase):
    name = "list_time_off"

    async def make(self) -> None:
        self.doctor = await make_doctor(self.db)
        self.path, self.headers = "/api/doctors/me/time-off/", bearer(self.doctor, "doctor")

    async def add(self) -> Key:
        return await self.db.fetchval(TAKE_OFF, self.doctor, asyncpg.Range(a_slot(), a_slot(1)))

    async def remove(self, key: Key) -> None:
        await self.db.execute("DELETE FROM time_off WHERE id = $1", key)


class FoundSlots(ListCase):
    """The free slots of two doctors on one day: a cancellation adds one, a booking removes one."""

    name = "search_free_slots"

    async def make(self) -> None:
        first, patient = a_slot(), await make_patient(self.db)
        specialty = f"Slots-{patient}"  # of no other test
        self.doctors = [await make_doctor(self.db, specialty=specialty) for _ in range(2)]
        self.taken = [
            (start, doctor, await book(self.db, await make_patient(self.db), doctor, start))
            for doctor in self.doctors
            for start in (first + n * SLOT for n in range(20))
        ]
        self.headers = {}
        day = f"from={first:%Y-%m-%dT%H:%M:%SZ}&to={first + timedelta(hours=10):%Y-%m-%dT%H:%M:%SZ}"
        self.path = f"/api/slots/?specialty={specialty}&{day}"

    async def add(self) -> Key:
        start, doctor, appointment = self.taken.pop(len(self.taken) * 2 // 3)
        await self.db.execute("UPDATE appointment SET status = 'canceled' WHERE id = $1", appointment)
        return start, doctor

    async def remove(self, key: Key) -> None:
        await book(self.db, await make_patient(self.db), key[1], key[0])

    def key(self, row: dict[str, Any]) -> Key:
        return instant(row["start"]), row["doctor"]


class FreeSlots(FoundSlots):
    name = "list_free_slots"

    async def make(self) -> None:
        await super().make()
        doctor = self.doctors[0]
        self.taken = [taken for taken in self.taken if taken[1] == doctor]
        self.path = f"/api/doctors/{doctor}/slots/?{self.path.partition('&')[2]}"

    def key(self, row: dict[str, Any]) -> Key:
        return instant(row["start"]), self.doctors[0]


LIST_CASES: list[type[ListCase]] = [
    *(Doctors, PatientsAppointments, DoctorsAppointments, AppointmentHistory),
    *(PatientsWaitlist, DoctorsWaitlist),
    *(Offers, TimeOff, FreeSlots, FoundSlots),
]
