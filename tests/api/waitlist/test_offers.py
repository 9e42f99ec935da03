"""`appointments/offers/`, and the page that an offer's mail links to."""

from typing import Any

import httpx
import pytest
from asyncpg import Connection
from httpx import AsyncClient

from app.domain.auth.tokens import Secret
from tests.support.db.offers import CANCEL, full_doctor, statuses, waiting
from tests.support.db.payments import by_root
from tests.support.factories import a_slot, bearer, make_patient
from tests.support.http.answers import assert_problem, json_of
from tests.support.http.bookings import post_booking
from tests.support.servers.databases import Database

OFFERS = "/api/appointments/offers/"
WAITLIST = "/api/appointments/waitlist/"


async def offered(owner: Connection, number: int = 1, fee: int = 0) -> tuple[int, list[int]]:
    """Free the slot of a full doctor for whom patients wait; return the doctor and the patients."""
    doctor, holder, (appointment,) = await full_doctor(owner, fee=fee)
    patients = await waiting(owner, doctor, number)
    await owner.fetch(CANCEL, holder, appointment)
    return doctor, patients


async def offers_of(client: AsyncClient, patient: int, query: str = "") -> list[dict[str, Any]]:
    return list(json_of(await client.get(f"{OFFERS}{query}", headers=bearer(patient, "patient"))))


async def answered(client: AsyncClient, patient: int, offer: int, call: str) -> httpx.Response:
    return await client.post(f"{OFFERS}{offer}/{call}/", headers=bearer(patient, "patient"))


async def link(owner: Connection, offer: int) -> str:
    """Return the path of the page that the mail of an offer links to."""
    secret = Secret.new()
    await owner.execute("INSERT INTO offer_token (token_hash, offer_id) VALUES ($1, $2)", secret.hash, offer)
    return f"{OFFERS}link/{secret.text}/"


async def test_the_first_to_accept_gets_the_slot(client: AsyncClient, owner: Connection) -> None:
    doctor, (first, second) = await offered(owner, 2, fee=100)
    (one,), (other,) = [await offers_of(client, patient) for patient in (first, second)]
    assert (one["doctor"], one["fee"], one["currency"], one["status"]) == (doctor, "100.00", "USD", "queued")
    stranger = await make_patient(owner)
    assert_problem(await post_booking(client, stranger, doctor, a_slot()), 409, "appointment_doctor_no_overlap")
    assert_problem(await answered(client, stranger, one["id"], "accept"), 404, "not_found")
    accepted = json_of(await answered(client, second, other["id"], "accept"))
    assert (accepted["status"], accepted["patient"]) == ("pending", second)
    assert "Please pay" in accepted["detail"]
    assert_problem(await answered(client, first, one["id"], "accept"), 409, "offer_superseded")
    assert_problem(await answered(client, second, other["id"], "accept"), 409, "offer_status_transition")
    assert await offers_of(client, first, "?status=queued&status=sent") == []


async def test_declining_keeps_the_place_in_the_waitlist(client: AsyncClient, owner: Connection) -> None:
    doctor, (patient,) = await offered(owner)
    (offer,) = await offers_of(client, patient)
    assert json_of(await answered(client, patient, offer["id"], "decline"))["status"] == "declined"
    (entry,) = (await client.get(WAITLIST, headers=bearer(patient, "patient"))).json()
    assert (entry["status"], entry["position"]) == ("waiting", 1)
    assert (await post_booking(client, await make_patient(owner), doctor, a_slot())).status_code == 201


async def test_pausing_resuming_and_preferring(client: AsyncClient, owner: Connection) -> None:
    doctor, _, _ = await full_doctor(owner)
    patient = await make_patient(owner)
    body = {"doctor": doctor, "earliest_time": "09:00", "min_notice_minutes": 60}
    entry = (await client.post(WAITLIST, headers=bearer(patient, "patient"), json=body)).json()
    assert (entry["earliest_time"], entry["min_notice_minutes"]) == ("09:00", 60)
    path = f"{WAITLIST}{entry['id']}/"
    for call, status in (("pause", "paused"), ("pause", "paused"), ("resume", "waiting"), ("resume", "waiting")):
        answer = await client.post(f"{path}{call}/", headers=bearer(patient, "patient"))
        assert json_of(answer)["status"] == status
    wish = {"earliest_time": "10:00", "latest_time": "12:30"}
    changed = json_of(await client.put(f"{path}preferences/", headers=bearer(patient, "patient"), json=wish))
    assert wish.items() <= changed.items()
    assert changed.get("min_notice_minutes") is None
    wrong = {"earliest_time": "10:00", "latest_time": "09:59"}
    refused = await client.put(f"{path}preferences/", headers=bearer(patient, "patient"), json=wrong)
    assert_problem(refused, 400, "waitlist_entry_times_valid")


async def test_the_page_changes_nothing_until_its_button_is_pressed(
    client: AsyncClient, owner: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor, (patient,) = await offered(owner)
    (offer,) = await offers_of(client, patient)
    page = await link(owner, offer["id"])
    for _ in range(2):
        shown = await client.get(page)
        assert (shown.status_code, shown.headers["Referrer-Policy"]) == (200, "no-referrer")
        assert shown.headers["Cache-Control"] == "no-store"
        assert f'<form method="post" action="{page}"><button>Accept</button>' in shown.text
    assert await statuses(owner, doctor) == ["offered"]
    pressed = await client.post(page)
    assert (pressed.status_code, "is confirmed" in pressed.text) == (200, True)
    assert await statuses(owner, doctor) == ["fulfilled"]
    again = await client.post(page)
    assert "is confirmed" in again.text
    assert page.split("/")[-2] not in capsys.readouterr().out


async def test_accepting_by_the_link_leads_on_to_the_payment(client: AsyncClient, owner: Connection) -> None:
    _, (patient,) = await offered(owner, fee=100)
    (offer,) = await offers_of(client, patient)
    page = await link(owner, offer["id"])
    pressed = await client.post(page)
    assert pressed.status_code == 303
    assert "checkoutnow" in pressed.headers["Location"]
    assert "Pay</button>" in (await client.get(page)).text
    assert (await client.post(page)).headers["Location"] == pressed.headers["Location"]


async def test_declining_by_the_link_and_coming_too_late(client: AsyncClient, owner: Connection) -> None:
    _, (first, second) = await offered(owner, 2)
    (one,), (other,) = [await offers_of(client, patient) for patient in (first, second)]
    pages = await link(owner, one["id"]), await link(owner, other["id"])
    assert "declined this slot" in (await client.post(f"{pages[0]}decline/")).text
    assert "declined this slot" in (await client.post(pages[0])).text
    await answered(client, second, other["id"], "decline")
    assert "declined this slot" in (await client.get(pages[1])).text
    for method in ("GET", "POST"):
        assert (await client.request(method, f"{OFFERS}link/{'A' * 43}/")).status_code == 404


async def test_an_expired_link_does_nothing(client: AsyncClient, owner: Connection, database: Database) -> None:
    doctor, (patient,) = await offered(owner)
    (offer,) = await offers_of(client, patient)
    page = await link(owner, offer["id"])
    # expired, but not swept
    await by_root(database, "UPDATE offer SET expires_at = now() WHERE id = $1", offer["id"])
    for method, path in (("GET", page), ("POST", page), ("POST", f"{page}decline/")):
        shown = await client.request(method, path)
        assert (shown.status_code, "this offer has expired" in shown.text) == (200, True)
        assert "<form" not in shown.text
    assert_problem(await answered(client, patient, offer["id"], "accept"), 409, "offer_superseded")
    assert await statuses(owner, doctor) == ["offered"]
    assert await owner.fetchval("SELECT status FROM offer WHERE id = $1", offer["id"]) == "queued"


async def test_a_name_is_no_markup(client: AsyncClient, owner: Connection) -> None:
    doctor, (patient,) = await offered(owner)
    await owner.execute("UPDATE doctor SET full_name = '<b>Ada</b>' WHERE account_id = $1", doctor)
    (offer,) = await offers_of(client, patient)
    shown = (await client.get(await link(owner, offer["id"]))).text
    assert "<b>" not in shown
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown
