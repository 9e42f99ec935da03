"""`booking demo`: the story of a full doctor, a cancellation and the mails it sends, played over HTTP only."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.progress import track

PASSWORD = "a-demo-password"  # noqa: S105  of people who live for one demo
PATIENTS, SEATS, WAITING, FIRST_WAVE = 40, 30, 5, 3
MAIL_DEADLINE = 60  # seconds

console = Console(highlight=False, soft_wrap=True)


class DemoError(Exception):
    """The story took a turn it should not have taken."""


class Person(NamedTuple):
    """An account of the demo, logged in."""

    id: int
    email: str
    headers: dict[str, str]


class Story:
    """One run of the demo against one stack."""

    def __init__(self, api: httpx.AsyncClient, mailbox: str) -> None:
        self.api = api
        self.mailbox = mailbox
        self.run = secrets.token_hex(3)
        self.began = monotonic()

    def tell(self, text: str) -> None:
        """Print a line of the timeline: seconds since the demo began, and what happened."""
        console.print(f"[dim]{monotonic() - self.began:7.2f} s[/dim]  {text}")

    async def call(self, method: str, path: str, *, expect: int, **request: Any) -> Any:
        """Make a request; return its JSON. Raises DemoError if the status is another than expected."""
        response = await self.api.request(method, f"/api/{path}", **request)
        if response.status_code != expect:
            raise DemoError(f"{method} {path}: expected {expect}, got {response.status_code}: {response.text}")
        return response.json()

    async def register(self, name: str, role: str) -> Person:
        """Register somebody and log them in."""
        email = f"{name}-{self.run}@example.com"
        body = {"username": f"{name}-{self.run}", "email": email, "password": PASSWORD, "role": role}
        account = await self.call("POST", "accounts/register/", expect=201, json=body)
        login = {"username": body["username"], "password": PASSWORD}
        tokens = await self.call("POST", "accounts/login/", expect=200, json=login)
        return Person(account["id"], email, {"Authorization": f"Bearer {tokens['access']}"})

    async def book(self, patient: Person, doctor: Person, start: str, *, expect: int = 201) -> Any:
        """Book a slot with the payload that clients send."""
        body = {"doctor": doctor.id, "patient": patient.id, "appointment_date": start}
        path = "appointments/appointments/"
        return await self.call("POST", path, expect=expect, json=body, headers=patient.headers)

    async def play(self) -> None:
        """Tell the whole story."""
        doctor = await self.register("doctor", "doctor")
        self.tell(f"Doctor {doctor.id} registered, with default hours and fee")
        patients = await in_order(
            range(PATIENTS), "Registering patients", lambda n: self.register(f"patient{n}", "patient")
        )
        self.tell(f"{PATIENTS} patients registered and logged in")
        booked = await self.fill(doctor, patients)
        waiting = patients[SEATS + 1 : SEATS + 1 + WAITING]
        for patient in waiting:
            body = {"doctor": doctor.id}
            await self.call("POST", "appointments/waitlist/", expect=201, json=body, headers=patient.headers)
        self.tell(f"{WAITING} patients joined the waitlist; the first {FIRST_WAVE} will hear of a free slot first")
        canceled = await self.cancel(patients[SEATS - 1], booked[-1])
        await self.wait_for_mails(canceled, [patients[SEATS - 1], *waiting[:FIRST_WAVE]])

    async def fill(self, doctor: Person, patients: list[Person]) -> list[Any]:
        """Book all 30 seats, the last ones more than 3 days ahead, and show the 31st refused."""
        slots = await self.call("GET", f"doctors/{doctor.id}/slots/", expect=200)
        late = (datetime.now(UTC) + timedelta(days=4)).isoformat()
        starts = [slot["start"] for slot in slots if slot["start"] > late][: SEATS + 1]
        booked = await in_order(range(SEATS), "Booking", lambda n: self.book(patients[n], doctor, starts[n]))
        self.tell(f"{SEATS} of them booked: the doctor is full")
        refusal = await self.book(patients[SEATS], doctor, starts[SEATS], expect=409)
        self.tell(f"The 31st was refused: [bold]{refusal['code']}[/bold] - {refusal['detail']}")
        return booked

    async def cancel(self, patient: Person, appointment: Any) -> Any:
        """Cancel an appointment."""
        path = f"appointments/appointments/{appointment['id']}/cancel/"
        canceled = await self.call("POST", path, expect=200, headers=patient.headers)
        self.tell(f"Patient {patient.id} canceled the appointment of {canceled['appointment_date']}")
        return canceled

    async def wait_for_mails(self, canceled: Any, people: list[Person]) -> None:
        """Wait until each of `people` has a mail, and print how long after the cancellation it came."""
        committed = datetime.fromisoformat(canceled["updated_at"])
        missing = {person.email: person.id for person in people}
        deadline = monotonic() + MAIL_DEADLINE
        with console.status("Waiting for the mails"):
            while missing and monotonic() < deadline:
                mails = (await self.api.get(f"{self.mailbox}/messages")).json()
                for mail in mails:
                    self.report(mail, missing, committed)
                await asyncio.sleep(0.1)
        if missing:
            raise DemoError(f"No mail came to {len(missing)} of {len(people)} people within {MAIL_DEADLINE} s.")

    def report(self, mail: Any, missing: dict[str, int], committed: datetime) -> None:
        """Print a mail that was waited for; others, such as those to confirm an address, are not."""
        if not mail["subject"].startswith(("Free: ", "Canceled: ")):
            return
        for email in set(mail["to"].split(", ")) & missing.keys():
            after = datetime.fromisoformat(mail["received_at"]) - committed
            self.tell(
                f"Mail to {missing.pop(email)}, {after.total_seconds():.3f} s after the commit: {mail['subject']}"
            )


async def in_order(numbers: range, title: str, act: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """Do something once for each number, with a progress bar; return the results."""
    bar = track(numbers, title, console=console, transient=True, disable=not console.is_terminal)
    return [await act(number) for number in bar]


async def play(home: Path) -> None:
    """Play the demo against the stack that runs in `home`.

    Raises DemoError if no stack runs there, or if the story goes wrong.
    """
    try:
        stack = json.loads((home / "stack.json").read_text())
    except FileNotFoundError as error:
        raise DemoError(f"No stack runs in {home}. Start one with: booking up") from error
    if not stack.get("mailbox"):
        raise DemoError("This stack sends real mails; the demo writes to people who do not exist.")
    try:
        async with httpx.AsyncClient(base_url=stack["api"], timeout=30) as api:
            story = Story(api, stack["mailbox"])
            await story.play()
    except httpx.TransportError as error:
        raise DemoError(f"The stack in {home} does not answer ({type(error).__name__}).") from error
    console.print(f"\nRead the mails at {stack['mailbox']}, try the API at {stack['docs']}")
