"""Continuous load: clients that repeat random requests and record each answer with its duration."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx

from tests.support.factories import a_slot
from tests.support.http.bookings import APPOINTMENTS
from tests.support.http.registration import LOGIN, ME, PASSWORD, REGISTER, Person, newcomer, register

CLIENTS = 24
LONGEST = 60  # seconds; a slower answer counts as none


LoadRequest = tuple[str, httpx.Request]  # the name of an operation, and its request


class Answer(NamedTuple):
    name: str
    seconds: float
    response: httpx.Response


class Load:
    """Doctors and patients who search, book, cancel, log in and change their profiles."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.answers: list[Answer] = []
        self._client = client
        self._doctors: list[Person] = []
        self._patients: list[Person] = []
        self._booked: deque[tuple[int, dict[str, str]]] = deque(maxlen=100)

    async def register_people(self) -> None:
        self._doctors = [await register(self._client, "doctor", fee="0") for _ in range(6)]
        self._patients = [await register(self._client) for _ in range(CLIENTS)]

    @asynccontextmanager
    async def running_load(self) -> AsyncIterator[None]:
        """Run all clients until the block ends, then wait for the answers that are still due.

        Raises httpx.TransportError, in a group, if an answer is cut off or does not come within LONGEST seconds.
        """
        end = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._send_until(end))
            yield
            end.set()

    async def _send_until(self, end: asyncio.Event) -> None:
        while not end.is_set():
            await self.ask(self._random_request())
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def ask(self, load_request: LoadRequest) -> httpx.Response:
        name, request = load_request
        began = time.monotonic()
        response = await self._client.send(request)
        self.answers.append(Answer(name, time.monotonic() - began, response))
        if name == "book" and response.status_code == 201:
            self._booked.append((response.json()["id"], {"authorization": request.headers["authorization"]}))
        return response

    def a_booking(self) -> LoadRequest:
        patient, doctor = random.choice(self._patients), random.choice(self._doctors)
        body = {"doctor": doctor.account["id"], "appointment_date": a_slot(random.randrange(400)).isoformat()}
        return "book", self._client.build_request("POST", APPOINTMENTS, json=body, headers=patient.headers)

    def _random_request(self) -> LoadRequest:
        make = self._client.build_request
        patient, doctor = random.choice(self._patients), random.choice(self._doctors)
        login = {"username": patient.account["username"], "password": PASSWORD}
        phone, specialty = {"phone": str(random.randrange(10**6))}, {"specialty": str(random.randrange(10))}
        choices = [
            self.a_booking(),
            self.a_booking(),
            ("doctors", make("GET", "/api/doctors/")),
            ("slots", make("GET", f"/api/doctors/{doctor.account['id']}/slots/")),
            ("search", make("GET", "/api/slots/?limit=3")),
            ("appointments", make("GET", APPOINTMENTS, headers=patient.headers)),
            ("me", make("GET", ME, headers=doctor.headers)),
            ("login", make("POST", LOGIN, json=login)),
            ("register", make("POST", REGISTER, json=newcomer())),
            ("profile", make("PATCH", ME, json=phone, headers=patient.headers)),
            ("practice", make("PATCH", ME, json=specialty, headers=doctor.headers)),
        ]
        if self._booked:
            appointment, headers = self._booked.popleft()
            choices.append(("cancel", make("POST", f"{APPOINTMENTS}{appointment}/cancel/", headers=headers)))
        return random.choice(choices)
