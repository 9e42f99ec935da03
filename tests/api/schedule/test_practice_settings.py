"""`accounts/me/` of a doctor: slot length, cap and fee apply to new bookings; a new time zone moves all hours."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest
from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import a_slot, bearer, make_doctor, make_patient
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.appointment_actions import notified_accounts, row_of
from tests.support.http.bookings import booked, post_booking
from tests.support.http.registration import ME, Person, register
from tests.support.http.schedules import ids_in

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def change(client: AsyncClient, doctor: int, **changes: object) -> httpx.Response:
    return await client.patch(ME, headers=bearer(doctor, "doctor"), json=changes)


async def account(client: AsyncClient, doctor: int) -> dict[str, object]:
    return dict(json_of(await client.get(ME, headers=bearer(doctor, "doctor"))))


async def grid(client: AsyncClient, doctor: int, first: datetime, span: timedelta) -> list[tuple[int, int]]:
    """Return start and end of the free slots that start in a span, in minutes after its start."""
    query = {"from": first.isoformat(), "to": (first + span).isoformat()}
    answer = await client.get(f"/api/doctors/{doctor}/slots/", params=query)
    minute = timedelta(minutes=1)
    return [((instant(s["start"]) - first) // minute, (instant(s["end"]) - first) // minute) for s in answer.json()]


async def test_a_new_slot_length_keeps_appointments(client: AsyncClient, owner: Connection) -> None:
    day = a_slot().replace(hour=0, minute=0) + DAY
    doctor, patient = await make_doctor(owner, hours=((day.isoweekday(), 540, 660),)), await make_patient(owner)
    nine = day + 9 * HOUR
    appointment = await booked(client, patient, doctor, nine + HOUR / 2)
    row = await row_of(owner, appointment)
    assert await grid(client, doctor, nine, 2 * HOUR) == [(0, 30), (60, 90), (90, 120)]
    assert (await change(client, doctor, slot_minutes=20, buffer_minutes=5)).status_code == 200
    assert await grid(client, doctor, nine, 2 * HOUR) == [(0, 20), (75, 95), (100, 120)]
    assert await row_of(owner, appointment) == row
    overlapping = await post_booking(client, patient, doctor, nine + timedelta(minutes=50))
    assert_problem(overlapping, 409, "appointment_doctor_no_overlap")


async def test_a_lower_cap_cancels_nothing(client: AsyncClient, owner: Connection, doctor: int, patient: int) -> None:
    appointments = [await booked(client, patient, doctor, a_slot(n)) for n in range(3)]
    changed = await change(client, doctor, max_appointments=2)
    assert (changed.status_code, changed.json()["max_appointments"]) == (200, 2)
    assert "affected" not in changed.json()
    assert {(await row_of(owner, appointment))["status"] for appointment in appointments} == {"pending"}
    assert_problem(await post_booking(client, patient, doctor, a_slot(3)), 409, "appointment_doctor_cap")
    assert await grid(client, doctor, a_slot(), DAY) == []
    await change(client, doctor, max_appointments=4)
    await booked(client, patient, doctor, a_slot(3))


async def test_a_new_fee_is_for_new_appointments(client: AsyncClient, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    old = await booked(client, patient, doctor, a_slot())
    await change(client, doctor, fee="45.5", currency="EUR")
    new = await booked(client, patient, doctor, a_slot(1))
    rows = [await row_of(owner, appointment) for appointment in (old, new)]
    assert [(row["fee"], row["currency"]) for row in rows] == [(100, "USD"), (Decimal("45.5"), "EUR")]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"fee": "10000.01"}, 422, "doctor_fee_allowed"),
        ({"currency": "SEK"}, 422, "doctor_fee_allowed"),
        ({"fee": "45.50", "currency": "JPY"}, 400, "doctor_fee_has_no_minor_unit"),
        ({"slot_minutes": 4}, 400, "invalid_request"),
        ({"max_appointments": 31}, 400, "invalid_request"),
        ({"buffer_minutes": -1}, 400, "invalid_request"),
        ({"timezone": "Europe/Atlantis"}, 422, "doctor_timezone_fkey"),
    ],
)
async def test_a_refused_setting_changes_nothing(
    client: AsyncClient, changes: dict[str, object], status: int, code: str
) -> None:
    person: Person = await register(client, "doctor")
    others = {"full_name": "Other", "specialty": "Other", "email": f"other-{person.email}"}
    for how in ({}, {"dry_run": True}):
        answer = await client.patch(ME, headers=person.headers, json=others | changes | how)
        assert_problem(answer, status, code)
    assert (await client.get(ME, headers=person.headers)).json() == person.account


async def booked_at_ten_in_berlin(client: AsyncClient, owner: Connection) -> tuple[int, int]:
    """Add an appointment at ten with a doctor who works from nine to five in Berlin; return both."""
    zone = ZoneInfo("Europe/Berlin")
    local = a_slot().astimezone(zone) + DAY
    ten = datetime(local.year, local.month, local.day, 10, tzinfo=zone)
    doctor = await make_doctor(owner, fee=0, timezone=zone.key, hours=tuple((day, 540, 1020) for day in range(1, 8)))
    return doctor, await booked(client, await make_patient(owner), doctor, ten)


async def test_a_zone_that_strands_patients_is_refused(client: AsyncClient, owner: Connection) -> None:
    doctor, appointment = await booked_at_ten_in_berlin(client, owner)
    before = await account(client, doctor)
    answer = await change(client, doctor, timezone="America/New_York", full_name="Other", email="new@example.com")
    problem = assert_problem(answer, 409, "working_hours_cover_appointments")
    assert ids_in(problem) == [appointment]
    assert await account(client, doctor) == before
    moved = await change(client, doctor, timezone="Europe/Athens")  # 11:00 there
    assert (moved.status_code, moved.json()) == (200, before | {"timezone": "Europe/Athens"})


async def test_a_zone_change_can_cancel_appointments(client: AsyncClient, owner: Connection) -> None:
    doctor, appointment = await booked_at_ten_in_berlin(client, owner)
    other = await make_doctor(owner, timezone="Europe/Berlin", fee=0)
    theirs = await booked(client, await make_patient(owner), other, a_slot())
    before = await account(client, doctor)
    answer = await change(client, doctor, timezone="America/New_York", full_name="Other", cancel_affected=True)
    changed = json_of(answer)
    assert [(a["id"], a["status"]) for a in changed.pop("affected")] == [(appointment, "canceled")]
    assert changed == before | {"timezone": "America/New_York", "full_name": "Other"}
    assert await account(client, doctor) == changed
    row = await row_of(owner, appointment)
    assert (row["canceled_by"], row["cancel_reason"]) == ("doctor", "The doctor's time zone has changed.")
    assert await notified_accounts(owner, doctor, "appointment_canceled") == [row["patient_id"]]
    assert (await row_of(owner, theirs))["status"] == "confirmed"


async def test_a_dry_run_only_shows_the_effect(client: AsyncClient, owner: Connection) -> None:
    doctor, appointment = await booked_at_ten_in_berlin(client, owner)
    before, row = await account(client, doctor), await row_of(owner, appointment)
    wanted = {"timezone": "Asia/Tokyo", "fee": "7", "slot_minutes": 45}
    answer = await change(client, doctor, **wanted, email="other@example.com", dry_run=True)
    shown = json_of(answer)
    assert ids_in(shown) == [appointment]
    del shown["affected"]
    assert shown == before | wanted | {"fee": "7.00", "pending_email": "other@example.com"}
    assert await account(client, doctor) == before
    assert await row_of(owner, appointment) == row
