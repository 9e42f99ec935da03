"""Generates a client with openapi-python-client, and books and cancels an appointment with it."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from app.sandbox.servers.process import Child, Program
from tests.support.http.registration import PASSWORD, newcomer

PACKAGE = "generated_booking_client"


def part(name: str) -> Any:
    return import_module(f"{PACKAGE}.{name}")


@asynccontextmanager
async def generated(document: Path, folder: Path) -> AsyncIterator[None]:
    """Generate the client of an OpenAPI document in a folder. It can be imported inside the block."""
    (folder / "config.yml").write_text("post_hooks: []\n")  # formatting would take time
    generate = ("generate", "--path", str(document), "--meta", "none", "--fail-on-warning")
    where = ("--output-path", str(folder / PACKAGE), "--config", str(folder / "config.yml"))
    command = (sys.executable, "-m", "openapi_python_client", *generate, *where)
    child = Child("generator", folder)
    if await child.run(Program(command, {}, folder)):
        raise child.failure("the client could not be generated")
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
            del sys.modules[name]


async def call(client: Any, operation: str, **request: Any) -> Any:
    """Call an operation of the generated client."""
    return await part(f"api.{operation}").asyncio(client=client, **request)


async def logged_in(url: str, role: str, **fields: Any) -> Any:
    """Register an account; return a client that is logged in."""
    models, person = part("models"), newcomer(role, **fields)
    newcomer_of = getattr(models, f"Register{role.title()}")
    async with part("client").Client(base_url=url) as anyone:
        account = await call(anyone, "accounts.register", body=newcomer_of.from_dict(person))
        assert account.role.value == role
        tokens = await call(anyone, "accounts.login", body=models.Login(username=account.username, password=PASSWORD))
    return part("client").AuthenticatedClient(base_url=url, token=tokens.access)


async def book_and_cancel(url: str) -> None:
    """Book the last free slot of a new doctor, fail to book it twice, and cancel it."""
    models = part("models")
    await logged_in(url, "doctor", fee="0", specialty="Generators")
    async with await logged_in(url, "patient") as patient:
        slots = await call(patient, "doctors.search_free_slots", specialty="generators", limit=200)
        wish = models.Book(doctor=slots[-1].doctor, appointment_date=slots[-1].start)
        booked = await call(patient, "appointments.book_appointment", body=wish)
        assert (booked.appointment_date, booked.status.value) == (slots[-1].start, "confirmed")
        again = await call(patient, "appointments.book_appointment", body=wish)
        assert isinstance(again, models.Problem)
        assert again.code == "appointment_doctor_no_overlap"
        canceled = await call(patient, "appointments.cancel_appointment", appointment_id=booked.id)
        assert (canceled.id, canceled.status.value) == (booked.id, "canceled")
        status = models.ListAppointmentsStatusItem("canceled")
        (listed,) = await call(patient, "appointments.list_appointments", status=[status])
        assert listed.id == booked.id
