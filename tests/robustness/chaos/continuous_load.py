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


class Wish(NamedTuple):
    """A request that somebody makes."""

    name: str
    method: str
    path: str
    body: dict[str, object] | None = None
    headers: dict[str, str] = {}  # noqa: RUF012  never changed


class Answer(NamedTuple):
    """What a request came to."""

    wish: Wish
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
    async def going_on(self) -> AsyncIterator[None]:
        """Let everybody keep at it; who waits for an answer in the end still gets it.

        Raises httpx.TransportError, in a group, if an answer is cut off or does not come within a minute.
        """
        end = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._keep_at_it(end))
            yield
            end.set()

    async def _keep_at_it(self, end: asyncio.Event) -> None:
        while not end.is_set():
            await self.ask(self._wish())
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def ask(self, wish: Wish) -> httpx.Response:
        """Make a request and keep its answer."""
        began = time.monotonic()
        response = await self._client.request(
            wish.method, wish.path, json=wish.body, headers=wish.headers, timeout=LONGEST
        )
        self.answers.append(Answer(wish, time.monotonic() - began, response))
        if wish.name == "book" and response.status_code == 201:
            self._booked.append((response.json()["id"], wish.headers))
        return response

    def a_booking(self) -> Wish:
        """Return somebody's wish for some slot."""
        patient, doctor = random.choice(self._patients), random.choice(self._doctors)
        start = a_slot(random.randrange(400)).isoformat()
        return Wish(
            "book", "POST", APPOINTMENTS, {"doctor": doctor.account["id"], "appointment_date": start}, patient.headers
        )

    def _wish(self) -> Wish:
        patient, doctor = random.choice(self._patients), random.choice(self._doctors)
        wishes = [
            self.a_booking(),
            self.a_booking(),
            Wish("doctors", "GET", "/api/doctors/"),
            Wish("slots", "GET", f"/api/doctors/{doctor.account['id']}/slots/"),
            Wish("search", "GET", "/api/slots/?limit=3"),
            Wish("appointments", "GET", APPOINTMENTS, None, patient.headers),
            Wish("me", "GET", ME, None, doctor.headers),
            Wish("login", "POST", LOGIN, {"username": patient.account["username"], "password": PASSWORD}),
            Wish("register", "POST", REGISTER, newcomer()),
            Wish("profile", "PATCH", ME, {"phone": str(random.randrange(10**6))}, patient.headers),
            Wish("practice", "PATCH", ME, {"specialty": str(random.randrange(10))}, doctor.headers),
        ]
        if self._booked:
            appointment, headers = self._booked.popleft()
            wishes.append(Wish("cancel", "POST", f"{APPOINTMENTS}{appointment}/cancel/", None, headers))
        return random.choice(wishes)
