"""`accounts/me/calendar/`: a secret link under which calendar programs read the appointments of an account."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import vobject
from asyncpg import Connection
from httpx import AsyncClient
from structlog.testing import capture_logs

from app.domain.auth.tokens import Role
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.registration import ME

LINK = f"{ME}calendar/"


async def link_of(client: AsyncClient, account: int, role: Role) -> str:
    """Create a link; return its path."""
    answer = await client.post(LINK, headers=bearer(account, role))
    link = json_of(answer, 201)
    assert answer.headers["cache-control"] == "no-store"
    assert set(link) == {"url"}
    return urlsplit(str(link["url"])).path


async def shown(client: AsyncClient, link: str) -> list[tuple[str, datetime, str]]:
    """Return summary, start and status of each event that a calendar program reads from a link."""
    answer = await client.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "mailto" not in answer.text
    assert "@" not in answer.text
    read: Any = vobject.readOne(answer.text)
    events = read.contents.get("vevent", [])
    return [(event.summary.value, event.dtstart.value, event.status.value) for event in events]


async def test_a_calendar_contains_only_the_accounts_appointments(
    client: AsyncClient, app: Connection, owner: Connection
) -> None:
    doctor = await make_doctor(owner, fee=Decimal(0), full_name="Dr. Ada, M.D.")
    paid, patient = await make_doctor(owner, full_name="Dr. Fee"), await make_patient(owner, full_name="Zoë")
    doctors, patients = await link_of(client, doctor, "doctor"), await link_of(client, patient, "patient")
    assert await shown(client, patients) == []
    visit = await book(app, patient, doctor, a_slot(2))
    await book(app, patient, paid, a_slot())
    canceled = await book(app, patient, doctor, a_slot(6))
    await app.fetch("SELECT * FROM cancel_as_patient($1, $2)", patient, canceled)
    await book(app, await make_patient(owner, full_name="Somebody else"), paid, a_slot(8))
    assert await shown(client, patients) == [
        ("Appointment with Dr. Fee", a_slot(), "TENTATIVE"),
        ("Appointment with Dr. Ada, M.D.", a_slot(2), "CONFIRMED"),
    ]
    assert await shown(client, doctors) == [("Appointment with Zoë", a_slot(2), "CONFIRMED")]
    uid = await owner.fetchval("SELECT calendar_uid FROM appointment WHERE id = $1", visit)
    assert f"UID:{uid}" in (await client.get(doctors)).text  # as in the mails, so that a calendar program shows it once


async def test_a_new_link_ends_the_old_one(client: AsyncClient, patient: int) -> None:
    first = await link_of(client, patient, "patient")
    second = await link_of(client, patient, "patient")
    assert first != second
    assert_problem(await client.get(first), 404, "not_found")
    assert await shown(client, second) == []
    for _ in range(2):
        assert (await client.delete(LINK, headers=bearer(patient, "patient"))).status_code == 200
        assert_problem(await client.get(second), 404, "not_found")


async def test_the_link_of_a_disabled_account_is_not_found(
    client: AsyncClient, owner: Connection, patient: int
) -> None:
    link = await link_of(client, patient, "patient")
    await owner.execute("UPDATE account SET status = 'disabled' WHERE id = $1", patient)
    assert_problem(await client.get(link), 404, "not_found")


@pytest.mark.parametrize("change", [lambda link: link[:-5] + ".ics", lambda link: link + "x", lambda link: link[:-4]])
async def test_a_changed_link_is_not_found(client: AsyncClient, owner: Connection, change: Any) -> None:
    link = await link_of(client, await make_patient(owner), "patient")
    assert_problem(await client.get(change(link)), 404, "not_found")


async def test_the_token_is_neither_stored_nor_logged(client: AsyncClient, owner: Connection) -> None:
    patient = await make_patient(owner)
    with capture_logs() as logs:
        link = await link_of(client, patient, "patient")
        await shown(client, link)
    token = link.rpartition("/")[2].removesuffix(".ics")
    assert len(token) == 43  # 6 bits each: at least 256 bits
    assert [line["route"] for line in logs if line["event"] == "request_completed"][-1] == "/api/calendar/{file}"
    assert token not in str(logs)
    kept = await owner.fetchval("SELECT token_hash FROM calendar_feed WHERE account_id = $1", patient)
    assert len(kept) == 32
