"""`GET appointments/appointments/{id}/history/`: its parties see who made what of their appointment, and nobody else does."""

import asyncpg
import httpx

from app.domain.fields import MAX_ID
from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem, instant
from tests.support.http.bookings import APPOINTMENTS

MOVE = "UPDATE appointment SET during = tstzrange($2, $2::timestamptz + interval '30 min') WHERE id = $1"


async def test_both_parties_see_what_became_of_it(
    client: httpx.AsyncClient, app: asyncpg.Connection, admin: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await book(app, patient, doctor, a_slot())
    await admin.execute(MOVE, appointment, a_slot(3))
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'I am ill.', false)", doctor, appointment)
    path = f"{APPOINTMENTS}{appointment}/history/"
    answer = await client.get(path, headers=bearer(patient, "patient"))
    assert answer.status_code == 200
    booked, moved, canceled = answer.json()
    assert (booked["number"], booked["acted_as"], booked["account"]) == (1, "patient", patient)
    assert {"field": "status", "was": None, "becomes": "confirmed"} in booked["changes"]
    assert (moved["acted_as"], moved["account"]) == ("admin", None)
    times = {change["field"]: (instant(change["was"]), instant(change["becomes"])) for change in moved["changes"]}
    assert times["appointment_date"] == (a_slot(), a_slot(3))
    assert set(times) == {"appointment_date", "ends_at", "cancel_deadline"}
    assert (canceled["acted_as"], canceled["account"]) == ("doctor", doctor)
    assert canceled["changes"] == [
        {"field": "canceled_by", "was": None, "becomes": "doctor"},
        {"field": "status", "was": "confirmed", "becomes": "canceled"},
    ]
    for said in ("I am ill", "booking_admin"):
        assert said not in answer.text
    assert (await client.get(path, headers=bearer(doctor, "doctor"))).json() == answer.json()


async def test_nobody_else_learns_that_there_is_any(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    appointment = await book(app, patient, doctor, a_slot())
    for headers in (bearer(await make_patient(owner), "patient"), bearer(await make_doctor(owner), "doctor")):
        for number in (appointment, MAX_ID):
            problem = assert_problem(
                await client.get(f"{APPOINTMENTS}{number}/history/", headers=headers), 404, "not_found"
            )
            assert problem["detail"] == "There is no such appointment."
