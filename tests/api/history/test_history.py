"""`GET appointments/appointments/{id}/history/`: who changed an appointment and how, for its two parties."""

from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import a_slot, bearer, book, make_doctor, make_patient
from tests.support.http.answers import assert_problem, instant, json_of
from tests.support.http.bookings import APPOINTMENTS

MOVE = "UPDATE appointment SET during = tstzrange($2, $2::timestamptz + interval '30 min') WHERE id = $1"


async def test_both_parties_see_the_history(
    client: AsyncClient, app: Connection, admin: Connection, owner: Connection
) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    appointment = await book(app, patient, doctor, a_slot())
    await admin.execute(MOVE, appointment, a_slot(3))
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'I am ill.', false)", doctor, appointment)
    path = f"{APPOINTMENTS}{appointment}/history/"
    answer = await client.get(path, headers=bearer(patient, "patient"))
    booked, moved, canceled = json_of(answer)
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
    stranger = await client.get(path, headers=bearer(await make_patient(owner), "patient"))
    assert assert_problem(stranger, 404, "not_found")["detail"] == "There is no such appointment."
