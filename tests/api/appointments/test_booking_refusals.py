"""A refusal lists every broken rule and alternative slots, and reveals nothing about other people."""

from datetime import UTC, datetime, timedelta
from typing import Any

from asyncpg import Connection
from httpx import AsyncClient

from app.domain.fields import MAX_ID
from tests.api.doctors.test_free_slots import slots
from tests.support.db.past_visits import ago, visit
from tests.support.factories import SLOT, a_slot, make_doctor, make_patient, make_patients
from tests.support.http.answers import assert_problem, instant
from tests.support.http.appointment_actions import as_doctor, as_patient
from tests.support.http.bookings import booked, cancel, post_booking
from tests.support.http.schedules import take_off
from tests.support.servers.databases import Database

DAY = timedelta(days=1)


def codes(problem: dict[str, Any]) -> list[str]:
    """Return the codes of the rules that a refusal lists, after checking that each has a detail."""
    assert problem["rules"][0] == {"code": problem["code"], "detail": problem["detail"]}
    assert all(rule["detail"] for rule in problem["rules"])
    return [rule["code"] for rule in problem["rules"]]


def alternatives(problem: dict[str, Any]) -> list[datetime]:
    return [instant(slot["start"]) for slot in problem.get("alternatives", [])]


async def test_a_refused_booking_lists_every_broken_rule(client: AsyncClient, owner: Connection) -> None:
    doctor, (patient, other) = await make_doctor(owner, max_appointments=1), await make_patients(owner, 2)
    await booked(client, other, doctor, a_slot())
    for n in range(5):
        await booked(client, patient, await make_doctor(owner), a_slot(n))
    problem = assert_problem(await post_booking(client, patient, doctor, a_slot()), 409)
    assert codes(problem) == [
        "appointment_doctor_no_overlap",
        "appointment_patient_no_overlap",
        "appointment_patient_hold_limit",
        "appointment_doctor_cap",
    ]
    assert alternatives(problem) == []  # another time would not help


async def test_a_time_that_breaks_two_rules(client: AsyncClient, doctor: int, patient: int) -> None:
    start = a_slot(after=16 * DAY) + timedelta(minutes=1)
    problem = assert_problem(await post_booking(client, patient, doctor, start), 422)
    assert codes(problem) == ["appointment_booking_window", "appointment_within_working_hours"]
    assert len(alternatives(problem)) == 5


async def test_a_refused_move_lists_every_broken_rule(
    client: AsyncClient, owner: Connection, doctor: int, patient: int, appointment: int
) -> None:
    await booked(client, await make_patient(owner), doctor, a_slot(3))
    await booked(client, patient, await make_doctor(owner), a_slot(3))
    target = {"appointment_date": a_slot(3).isoformat()}
    for answer in (
        await as_patient(client, patient, appointment, "reschedule", **target),
        await as_doctor(client, doctor, appointment, "doctor_reschedule", **target),
    ):
        problem = assert_problem(answer, 409)
        assert codes(problem) == ["appointment_doctor_no_overlap", "appointment_patient_no_overlap"]
        assert alternatives(problem) == [a_slot(n) for n in (1, 2, 4, 5, 6)]


async def test_a_started_appointment_and_a_taken_slot(
    client: AsyncClient, owner: Connection, database: Database
) -> None:
    doctor, (patient, other) = await make_doctor(owner), await make_patients(owner, 2)
    begun = await visit(database, doctor, patient, ago(minutes=1), seat=9)
    await booked(client, other, doctor, a_slot())
    answer = await as_patient(client, patient, begun, "reschedule", appointment_date=a_slot().isoformat())
    problem = assert_problem(answer, 409)
    assert codes(problem) == ["appointment_status_transition", "appointment_doctor_no_overlap"]
    assert alternatives(problem) == []


async def test_the_alternatives_are_the_nearest_slots(client: AsyncClient, owner: Connection) -> None:
    doctor, (first, patient) = await make_doctor(owner, fee=0), await make_patients(owner, 2)
    wish = a_slot(10)
    for n in (9, 10, 12):
        await booked(client, first, doctor, a_slot(n))
    await take_off(client, doctor, a_slot(7), a_slot(8))
    problem = assert_problem(await post_booking(client, patient, doctor, wish), 409)
    offered = [a_slot(n) for n in (6, 8, 11, 13, 14)]  # 6 and 14 are equally near
    assert alternatives(problem) == offered
    assert [instant(slot["end"]) for slot in problem["alternatives"]] == [start + SLOT for start in offered]
    assert set(offered) <= set(await slots(client, doctor))
    for start in offered:
        await booked(client, patient, doctor, start)


async def test_the_alternatives_fit_the_patient(
    client: AsyncClient, owner: Connection, doctor: int, patient: int
) -> None:
    elsewhere = await make_doctor(owner)
    for n in (10, 11):
        await booked(client, patient, elsewhere, a_slot(n))
    problem = assert_problem(await post_booking(client, patient, doctor, a_slot(10)), 409)
    assert codes(problem) == ["appointment_patient_no_overlap"]
    assert alternatives(problem) == [a_slot(n) for n in (7, 8, 9, 12, 13)]


async def test_a_distant_time_gets_the_nearest_slots(client: AsyncClient, owner: Connection) -> None:
    day = a_slot().replace(hour=0, minute=0) + DAY
    doctor, patient = await make_doctor(owner, hours=((day.isoweekday(), 540, 630),)), await make_patient(owner)
    free = await slots(client, doctor)
    assert 3 <= len(free) <= 9  # one morning a week
    for wish, nearest in ((datetime(9999, 12, 31, tzinfo=UTC), free[-5:]), (datetime(1, 1, 2, tzinfo=UTC), free[:5])):
        problem = assert_problem(await post_booking(client, patient, doctor, wish), 422)
        assert alternatives(problem) == nearest


async def test_an_unknown_doctor_gets_no_alternatives(client: AsyncClient, patient: int) -> None:
    problem = assert_problem(await post_booking(client, patient, MAX_ID, a_slot()), 422)
    assert codes(problem) == ["appointment_doctor_id_fkey"]
    assert alternatives(problem) == []


async def test_a_late_cancellation_reports_the_deadline(client: AsyncClient, doctor: int, patient: int) -> None:
    start = a_slot(after=2 * DAY)
    appointment = await booked(client, patient, doctor, start)
    problem = assert_problem(await cancel(client, patient, appointment), 422, "appointment_cancel_notice")
    assert f"{start - 3 * DAY:%Y-%m-%dT%H:%M:%SZ}" in problem["detail"]


async def test_refusals_reveal_nothing_about_other_people(client: AsyncClient, owner: Connection) -> None:
    names = {"full_name": "Agatha Christie", "phone": "+44 1234 5678"}
    secret, patient = await make_patient(owner, **names), await make_patient(owner)
    doctor, elsewhere = await make_doctor(owner), await make_doctor(owner, full_name="Dr Secret")
    theirs = await booked(client, secret, doctor, a_slot())
    mine = await booked(client, patient, doctor, a_slot(1))
    await booked(client, secret, elsewhere, a_slot(2))
    await take_off(client, doctor, a_slot(5), a_slot(6), reason="Surgery")
    email = await owner.fetchval("SELECT email FROM account WHERE id = $1", secret)
    refusals = [
        await post_booking(client, patient, doctor, a_slot()),
        await post_booking(client, patient, doctor, a_slot(5)),
        await as_patient(client, patient, mine, "reschedule", appointment_date=a_slot().isoformat()),
        await as_patient(client, patient, theirs, "reschedule", appointment_date=a_slot(4).isoformat()),
        await cancel(client, patient, theirs),
        await as_doctor(client, doctor, theirs, "doctor_reschedule", appointment_date=a_slot(2).isoformat()),
        await as_doctor(client, elsewhere, theirs, "doctor_cancel"),
    ]
    for refusal in refusals:
        assert_problem(refusal, refusal.status_code)
        for word in (*names.values(), email, "Secret", "Surgery", "Key (", "appointment (", "Failing row"):
            assert word not in refusal.text
        assert not {"patient", "id", "affected"} & refusal.json().keys()
