"""`GET accounts/me/export/`: everything that is held about the caller, of others no more than their ids, and no secret."""

import asyncpg
import httpx

from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.http.registration import LOGIN, ME, PASSWORD, authorization, register
from tests.support.mail.mailed_codes import mailed

EXPORT = f"{ME}export/"


async def test_a_patient_gets_everything(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client)
    patient = person.account["id"]
    paid, full = await make_doctor(owner, fee=9), await make_doctor(owner, hours=())
    appointment = await book(app, patient, paid, a_slot())
    payment = await app.fetchval("SELECT id FROM create_payment($1, $2, 9, 'USD')", patient, appointment)
    reference = await app.fetchval("SELECT reference::text FROM payment WHERE id = $1", payment)
    await app.fetch("SELECT * FROM begin_capture($1, 'PAYER', 9, 'USD', $2)", payment, reference)
    await app.execute("SELECT record_capture($1, 'EXPORTED', 'COMPLETED', 9, 'USD')", payment)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, 'I am ill.', false)", paid, appointment)
    waiting = await app.fetchval("SELECT id FROM join_waitlist($1, $2, NULL)", patient, full)
    email, code = await mailed(app, patient, "email_verification")
    tokens = (await client.post(LOGIN, json={"username": person.account["username"], "password": PASSWORD})).json()
    somebody = {"doctor": paid, "appointment_date": a_slot(1).isoformat()}
    link = (await client.post(f"{ME}calendar/", headers=person.headers)).json()["url"]
    key = {"Idempotency-Key": "my-key"}
    assert (
        await client.post("/api/appointments/appointments/", headers=person.headers | key, json=somebody)
    ).status_code == 201

    answer = await client.get(EXPORT, headers=authorization(tokens["access"]))
    assert answer.status_code == 200
    export = answer.json()
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
    told = [(record["object_kind"], record["acted_as"], record["account"]) for record in export["history"]]
    assert told[0] == ("account", "system", None)
    assert told[-1] == ("appointment", "patient", patient)
    assert ("refund", "doctor", paid) in told
    assert {kind for kind, *_ in told} == {"account", "appointment", "waitlist_entry", "payment", "refund"}
    assert [len(link) for link in export["calendar_links"]] == [1]
    assert [kept["key"] for kept in export["idempotency_keys"]] == ["my-key"]
    assert (export["working_hours"], export["time_off"]) == ([], [])
    for secret in (code, tokens["refresh"], "argon2", "hash", reference, link):
        assert secret not in answer.text


async def test_a_doctor_gets_their_schedule_and_of_patients_the_ids(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client, "doctor", fee="0")
    doctor, patient = person.account["id"], await make_patient(owner, full_name="Zebulon", phone="5550102")
    await owner.execute("UPDATE doctor SET verified_at = now() WHERE account_id = $1", doctor)
    body = {"start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z", "reason": "Tahiti"}
    assert (await client.post("/api/doctors/me/time-off/", headers=person.headers, json=body)).status_code == 201
    slots = (await client.get(f"/api/doctors/{doctor}/slots/")).json()
    last = await app.fetchrow("SELECT max(starts_at) AS at FROM free_slots($1, '-infinity', 'infinity')", doctor)
    assert slots
    assert last
    appointment = await book(app, patient, doctor, last["at"])
    answer = await client.get(EXPORT, headers=person.headers)
    export = answer.json()
    assert [(held["id"], held["patient"]) for held in export["appointments"]] == [(appointment, patient)]
    assert [(off["start"], off["reason"]) for off in export["time_off"]] == [(body["start"], "Tahiti")]
    assert [(hours["weekday"], hours["start_minute"]) for hours in export["working_hours"]] == [
        (day, 9 * 60) for day in range(1, 6)
    ]
    assert "Zebulon" not in answer.text
    assert "5550102" not in answer.text
    assert [export[name] for name in ("waitlist", "payments", "refunds")] == [[], [], []]


async def test_nobody_gets_anybody_elses(
    client: httpx.AsyncClient, app: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    person = await register(client)
    doctor, other = await make_doctor(owner, fee=0), await make_patient(owner)
    await book(app, other, doctor, a_slot())
    export = (await client.get(EXPORT, headers=person.headers)).json()
    assert [mail["kind"] for mail in export.pop("notifications")] == ["email_verification"]
    assert export.pop("account")["id"] == person.account["id"]
    assert {(record["object_kind"], record["object_id"]) for record in export.pop("history")} == {
        ("account", person.account["id"])
    }
    assert not any(export.values())
