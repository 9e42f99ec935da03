"""A client that openapi-python-client generates from docs/openapi.json books and cancels an appointment."""

import sys
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.api.openapi.file import FILE
from app.sandbox.servers.process import Child, Program
from tests.support.http.registration import PASSWORD, newcomer

PACKAGE = "generated_booking_client"


def part(name: str) -> Any:
    return import_module(f"{PACKAGE}.{name}")


@pytest_asyncio.fixture
async def _generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Generate the client and make it importable."""
    (tmp_path / "config.yml").write_text("post_hooks: []\n")  # formatting would take time
    generate = ("generate", "--path", str(FILE), "--meta", "none", "--fail-on-warning")
    where = ("--output-path", str(tmp_path / PACKAGE), "--config", str(tmp_path / "config.yml"))
    command = (sys.executable, "-m", "openapi_python_client", *generate, *where)
    child = Child("generator", tmp_path)
    if await child.run(Program(command, {}, tmp_path)):
        raise child.failure("the client could not be generated")
    monkeypatch.syspath_prepend(tmp_path)
    yield
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


@pytest.mark.usefixtures("_generated")
async def test_it_books_and_cancels(api_url: str) -> None:
    await logged_in(api_url, "doctor", fee="0", specialty="Generators")
    async with await logged_in(api_url, "patient") as patient:
        await book_and_cancel(patient)


async def book_and_cancel(patient: Any) -> None:
    """Book the last free slot, fail to book it twice, and cancel it."""
    models = part("models")
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
