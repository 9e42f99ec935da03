"""People who keep at it, whatever the answers are; each answer is kept, with how long it took."""

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
LONGEST = 60  # seconds; whoever waits that long for an answer calls it hanging


class LoadRequest(NamedTuple):
    """A request that somebody makes."""

    name: str
    method: str
    path: str
    body: dict[str, object] | None = None
    headers: dict[str, str] = {}  # noqa: RUF012  never changed


class Answer(NamedTuple):
    """What a request came to."""

    load_request: LoadRequest
    seconds: float
    response: httpx.Response


class Load:
    """Some doctors and patients who look around, book, cancel, log in and change their profiles."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.answers: list[Answer] = []
        self._client = client
        self._doctors: list[Person] = []
        self._patients: list[Person] = []
        self._booked: deque[tuple[int, dict[str, str]]] = deque(maxlen=100)

    async def register_people(self) -> None:
        """Make the accounts. Raises AssertionError if one cannot be made."""
        self._doctors = [await register(self._client, "doctor", fee="0") for _ in range(6)]
        self._patients = [await register(self._client) for _ in range(CLIENTS)]

    @asynccontextmanager
    async def running_load(self) -> AsyncIterator[None]:
        """Let everybody keep at it; who waits for an answer in the end still gets it.

        Raises httpx.TransportError, in a group, if an answer is cut off or does not come within a minute.
        """
        end = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._send_until(end))
            yield
            end.set()

    async def _send_until(self, end: asyncio.Event) -> None:
        while not end.is_set():
            await self.ask(self._wish())
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def ask(self, load_request: LoadRequest) -> httpx.Response:
        """Make a request and keep its answer."""
        began = time.monotonic()
        response = await self._client.request(
            load_request.method,
            load_request.path,
            json=load_request.body,
            headers=load_request.headers,
            timeout=LONGEST,
        )
        self.answers.append(Answer(load_request, time.monotonic() - began, response))
        if load_request.name == "book" and response.status_code == 201:
            self._booked.append((response.json()["id"], load_request.headers))
        return response

    def a_booking(self) -> LoadRequest:
        """Return somebody's wish for some slot."""
        patient, doctor = random.choice(self._patients), random.choice(self._doctors)
        start = a_slot(random.randrange(400)).isoformat()
        return LoadRequest(
            "book", "POST", APPOINTMENTS, {"doctor": doctor.account["id"], "appointment_date": start}, patient.headers
        )

    def _wish(self) -> LoadRequest:
        patient, doctor = random.choice(self._patients), random.choice(self._doctors)
        wishes = [
            self.a_booking(),
            self.a_booking(),
            LoadRequest("doctors", "GET", "/api/doctors/"),
            LoadRequest("slots", "GET", f"/api/doctors/{doctor.account['id']}/slots/"),
            LoadRequest("search", "GET", "/api/slots/?limit=3"),
            LoadRequest("appointments", "GET", APPOINTMENTS, None, patient.headers),
            LoadRequest("me", "GET", ME, None, doctor.headers),
            LoadRequest("login", "POST", LOGIN, {"username": patient.account["username"], "password": PASSWORD}),
            LoadRequest("register", "POST", REGISTER, newcomer()),
            LoadRequest("profile", "PATCH", ME, {"phone": str(random.randrange(10**6))}, patient.headers),
            LoadRequest("practice", "PATCH", ME, {"specialty": str(random.randrange(10))}, doctor.headers),
        ]
        if self._booked:
            appointment, headers = self._booked.popleft()
            wishes.append(LoadRequest("cancel", "POST", f"{APPOINTMENTS}{appointment}/cancel/", None, headers))
        return random.choice(wishes)
