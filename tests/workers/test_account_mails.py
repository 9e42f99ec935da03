"""Mails to people about their own accounts."""

import re
from functools import partial

import asyncpg
import httpx

from app.sandbox.mailbox.messages import Message
from app.sandbox.mailbox.server import Mailbox
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.http.registration import LOGIN, ME, authorization, register
from tests.support.mail.scenarios import address, is_settled
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker

LINK = re.compile(r"^  https://clinic\.example/new-password\?token=([\w-]+)$", re.MULTILINE)
CODE = re.compile(r"^  ([\w-]{43})$", re.MULTILINE)
CHANGE_PASSWORD = "SELECT change_password($1, '-', 'new')"


async def sent(owner: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker) -> list[Message]:
    """Return the mails that a worker sends."""
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    return list(mailbox.messages)


async def test_a_changed_password_is_told_to_its_owner(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    people = [await make_patient(owner), await make_doctor(owner)]
    for account in people:
        assert await app.fetchval(CHANGE_PASSWORD, account)
    messages = await sent(owner, mailbox, make_worker)
    assert {message.to for message in messages} == {await address(owner, account) for account in people}
    assert [message.subject for message in messages] == ["Your password was changed"] * 2


async def test_people_verify_their_address_and_set_a_forgotten_password_by_mail(
    api: httpx.AsyncClient, owner: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    await make_worker(PASSWORD_RESET_URL="https://clinic.example/new-password").start()
    person = await register(api, full_name="Eve http://evil.example")
    await eventually(partial(is_settled, owner))
    (message,) = mailbox.messages
    assert message.subject == "Please confirm your email address"
    assert message.text.startswith("Hello,")
    assert "evil" not in message.text  # nobody has a stranger read what they like
    (code,) = CODE.findall(message.text)
    assert (await api.post("/api/accounts/email/verify/", json={"token": code})).status_code == 200

    email = person.account["email"]
    assert (await api.post("/api/accounts/password/reset/", json={"email": email})).status_code == 202
    await eventually(partial(is_settled, owner))
    (code,) = LINK.findall(mailbox.messages[-1].text)
    new = {"token": code, "password": "battery staple"}
    assert (await api.post("/api/accounts/password/reset/confirm/", json=new)).status_code == 200
    tokens = (await api.post(LOGIN, json={"email": email, "password": "battery staple"})).json()
    assert (await api.get(ME, headers=authorization(tokens["access"]))).json()["email_verified_at"]
    await eventually(partial(is_settled, owner))
    assert [message.subject for message in mailbox.messages][1:] == ["Set a new password", "Your password was changed"]


async def test_the_codes_of_a_mail_that_is_sent_twice_are_both_good_until_one_is_used(
    api: httpx.AsyncClient, owner: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    """Nobody knows which of the two is read."""
    await make_worker().start()
    person = await register(api)
    await eventually(partial(is_settled, owner))
    await owner.execute(
        "UPDATE notification SET status = 'queued', due_at = now()"
    )  # its worker died before it said so
    await eventually(partial(is_settled, owner))
    first, second = mailbox.messages
    assert first.message_id == second.message_id
    codes = "SELECT count(*) FROM account_token WHERE account_id = $1"
    assert await owner.fetchval(codes, person.account["id"]) == 2
    (code,), (other,) = CODE.findall(first.text), CODE.findall(second.text)
    assert code != other
    assert (await api.post("/api/accounts/email/verify/", json={"token": code})).status_code == 200
    assert await owner.fetchval(codes, person.account["id"]) == 0


async def test_who_leaves_is_mailed_for_the_last_time_and_the_other_side_learns_who_it_was(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    doctor, patient, waiting = await make_doctor(owner, fee=0), await make_patient(owner), await make_patient(owner)
    await book(app, patient, doctor, a_slot())
    await owner.execute("UPDATE notification SET status = 'sent'")
    patients, doctors = await address(owner, patient), await address(owner, doctor)
    assert await app.fetchval("SELECT erase_patient($1, '-')", patient)
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    by_subject = {(message.to, message.subject.partition(":")[0]): message.text for message in mailbox.messages}
    assert set(by_subject) == {
        (patients, "Canceled"),
        (doctors, "Canceled"),
        (patients, "Your account is deleted"),
    }
    assert by_subject[patients, "Canceled"].startswith(f"Dear Patient {patient},\n")
    assert f"Patient {patient} canceled" in by_subject[doctors, "Canceled"]

    mailbox.messages.clear()
    await book(app, waiting, doctor, a_slot())
    await owner.execute("UPDATE notification SET status = 'sent'")
    assert await app.fetchval("SELECT erase_doctor($1, '-')", doctor)
    await eventually(partial(is_settled, owner))
    texts = {message.to: message.text for message in mailbox.messages}
    assert set(texts) == {doctors, await address(owner, waiting)}
    assert f"Dr {doctor} had to cancel your appointment" in texts[await address(owner, waiting)]
    assert "no longer takes appointments here" in texts[await address(owner, waiting)]
    assert await owner.fetchval("SELECT count(*) FROM notification WHERE snapshot IS NOT NULL") == 0
