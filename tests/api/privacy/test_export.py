"""`GET accounts/me/export/`: all data about the caller, of other people only the ids, and no secrets."""

from datetime import UTC, datetime, timedelta

from asyncpg import Connection
from httpx import AsyncClient

from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.http.answers import json_of
from tests.support.http.idempotent_requests import booking_request
from tests.support.http.registration import ME, Person, authorization, register, tokens_of
from tests.support.http.schedules import take_off
from tests.support.mail.mailed_codes import mailed

EXPORT = f"{ME}export/"


async def test_a_patient_gets_everything(
    client: AsyncClient, app: Connection, owner: Connection, person: Person
) -> None:
    patient = person.id
    paid, full = await make_doctor(owner, fee=9), await make_doctor(owner, hours=())
    appointment = await book(app, patient, paid, a_slot())
    payment = await app.fetchval("SELECT id FROM create_payment($1, $2, 9, 'USD')", patient, appointment)
    reference = await app.fetchval("SELECT reference::text FROM payment WHERE id = $1", payment)
    await app.fetch("SELECT * FROM begin_capture($1, 'PAYER', 9, 'USD', $2)", payment, reference)
    await app.execute("SELECT record_capture($1, 'EXPORTED', 'COMPLETED', 9, 'USD')", payment)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'I am ill.', false)", paid, appointment)
    waiting = await app.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", patient, full)
    email, code = await mailed(app, patient, "email_verification")
    tokens = await tokens_of(client, person)
    link = (await client.post(f"{ME}calendar/", headers=person.headers)).json()["url"]
    json_of(await booking_request(patient, paid, 1).send(client, "my-key"), 201)

    answer = await client.get(EXPORT, headers=authorization(tokens["access"]))
    export = json_of(answer)
    assert export["account"] == (await client.get(ME, headers=person.headers)).json()
    first, second = export["appointments"]
    assert (first["id"], first["canceled_by"], first["cancel_reason"]) == (appointment, "doctor", "I am ill.")
    assert (second["status"], second["fee"], second["patient"]) == ("pending", "9.00", patient)
    assert [(entry["id"], entry["doctor_id"], entry["status"]) for entry in export["waitlist"]] == [
        (waiting, full, "waiting")
    ]
    (money,) = export["payments"]
    assert (money["amount"], money["status"], money["payer_id"]) == ("9.00", "captured", "PAYER")
    assert [(refund["payment_id"], refund["amount"]) for refund in export["refunds"]] == [(payment, "9.00")]
    mails = [(mail["kind"], mail["status"], mail["appointment_id"]) for mail in export["notifications"]]
    assert mails == [
        ("email_verification", "sent", None),
        ("appointment_confirmed", "queued", appointment),
        ("appointment_canceled", "queued", appointment),
        ("waitlist_joined", "queued", None),
    ]
    (session,) = export["sessions"]
    assert session["ended_at"] is None
    assert [(mailed_code["purpose"], mailed_code["email"]) for mailed_code in export["mailed_codes"]] == [
        ("email_verification", email)
    ]
    history = [(record["object_kind"], record["acted_as"], record["account"]) for record in export["history"]]
    assert history[0] == ("account", "system", None)
    assert history[-1] == ("appointment", "patient", patient)
    assert ("refund", "doctor", paid) in history
    assert {kind for kind, *_ in history} == {"account", "appointment", "waitlist_entry", "payment", "refund"}
    assert [len(link) for link in export["calendar_links"]] == [1]
    assert [kept["key"] for kept in export["idempotency_keys"]] == ["my-key"]
    assert (export["working_hours"], export["time_off"]) == ([], [])
    for secret in (code, tokens["refresh"], "argon2", "hash", reference, link):
        assert secret not in answer.text


async def test_a_doctor_gets_the_schedule(client: AsyncClient, app: Connection, owner: Connection) -> None:
    person = await register(client, "doctor", fee="0")
    doctor, patient = person.id, await make_patient(owner, full_name="Zebulon", phone="5550102")
    await owner.execute("UPDATE doctor SET verified_at = now() WHERE account_id = $1", doctor)
    away = datetime(2030, 1, 1, tzinfo=UTC)
    json_of(await take_off(client, doctor, away, away + timedelta(days=1), reason="Tahiti"), 201)
    last = await app.fetchval("SELECT max(starts_at) FROM free_slots($1, '-infinity', 'infinity')", doctor)
    appointment = await book(app, patient, doctor, last)
    answer = await client.get(EXPORT, headers=person.headers)
    export = answer.json()
    assert [(held["id"], held["patient"]) for held in export["appointments"]] == [(appointment, patient)]
    assert [(off["start"], off["reason"]) for off in export["time_off"]] == [("2030-01-01T00:00:00Z", "Tahiti")]
    assert [(hours["weekday"], hours["start_minute"]) for hours in export["working_hours"]] == [
        (day, 9 * 60) for day in range(1, 6)
    ]
    assert not any(secret in answer.text for secret in ("Zebulon", "5550102"))
    assert [export[name] for name in ("waitlist", "payments", "refunds")] == [[], [], []]


async def test_data_of_other_people_is_not_exported(
    client: AsyncClient, app: Connection, owner: Connection, person: Person
) -> None:
    doctor, other = await make_doctor(owner, fee=0), await make_patient(owner)
    await book(app, other, doctor, a_slot())
    export = (await client.get(EXPORT, headers=person.headers)).json()
    assert [mail["kind"] for mail in export.pop("notifications")] == ["email_verification"]
    assert export.pop("account")["id"] == person.id
    assert {(record["object_kind"], record["object_id"]) for record in export.pop("history")} == {
        ("account", person.id)
    }
    assert not any(export.values())
