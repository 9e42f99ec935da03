"""Mails to users about their own accounts."""

import re

from httpx import AsyncClient

from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients
from tests.support.http.registration import LOGIN, ME, authorization, register
from tests.support.mail.scenarios import MailScenario

LINK = re.compile(r"^  https://clinic\.example/new-password\?token=([\w-]+)$", re.MULTILINE)
CODE = re.compile(r"^  ([\w-]{43})$", re.MULTILINE)
CHANGE_PASSWORD = "SELECT change_password($1, '-', 'new')"


async def test_a_password_change_is_mailed_to_its_owner(scenario: MailScenario) -> None:
    people = [await make_patient(scenario.owner), await make_doctor(scenario.owner)]
    for account in people:
        assert await scenario.app.fetchval(CHANGE_PASSWORD, account)
    messages = await scenario.sent()
    assert {message.to for message in messages} == {await scenario.address(account) for account in people}
    assert [message.subject for message in messages] == ["Your password was changed"] * 2


async def test_people_verify_their_address_and_set_a_forgotten_password_by_mail(
    api: AsyncClient, scenario: MailScenario
) -> None:
    await scenario.start_worker(PASSWORD_RESET_URL="https://clinic.example/new-password")
    person = await register(api, full_name="Eve http://evil.example")
    (message,) = await scenario.settled()
    assert message.subject == "Please confirm your email address"
    assert message.text.startswith("Hello,")
    assert "evil" not in message.text  # a name is not mailed to an unverified address
    (code,) = CODE.findall(message.text)
    assert (await api.post("/api/accounts/email/verify/", json={"token": code})).status_code == 200

    email = person.account["email"]
    assert (await api.post("/api/accounts/password/reset/", json={"email": email})).status_code == 202
    (code,) = LINK.findall((await scenario.settled())[-1].text)
    new = {"token": code, "password": "battery staple"}
    assert (await api.post("/api/accounts/password/reset/confirm/", json=new)).status_code == 200
    tokens = (await api.post(LOGIN, json={"email": email, "password": "battery staple"})).json()
    assert (await api.get(ME, headers=authorization(tokens["access"]))).json()["email_verified_at"]
    subjects = [message.subject for message in await scenario.settled()]
    assert subjects[1:] == ["Set a new password", "Your password was changed"]


async def test_both_codes_of_a_mail_that_is_sent_twice_are_valid_until_one_is_used(
    api: AsyncClient, scenario: MailScenario
) -> None:
    # the user may read either mail
    await scenario.start_worker()
    person = await register(api)
    await scenario.settled()
    # as if the worker had died before it recorded the success
    await scenario.owner.execute("UPDATE notification SET status = 'queued', due_at = now()")
    first, second = await scenario.settled()
    assert first.message_id == second.message_id
    codes = "SELECT count(*) FROM account_token WHERE account_id = $1"
    assert await scenario.owner.fetchval(codes, person.account["id"]) == 2
    (code,), (other,) = CODE.findall(first.text), CODE.findall(second.text)
    assert code != other
    assert (await api.post("/api/accounts/email/verify/", json={"token": code})).status_code == 200
    assert await scenario.owner.fetchval(codes, person.account["id"]) == 0


async def test_a_deleted_account_gets_a_last_mail_and_the_other_party_is_told_its_name(scenario: MailScenario) -> None:
    app, owner = scenario.app, scenario.owner
    doctor, (patient, waiting) = await make_doctor(owner, fee=0), await make_patients(owner, 2)
    await book(app, patient, doctor, a_slot())
    await scenario.mark_sent()
    patients, doctors = await scenario.address(patient), await scenario.address(doctor)
    assert await app.fetchval("SELECT erase_patient($1, '-')", patient)
    by_subject = {(mail.to, mail.subject.partition(":")[0]): mail.text for mail in await scenario.sent()}
    assert set(by_subject) == {(patients, "Canceled"), (doctors, "Canceled"), (patients, "Your account is deleted")}
    assert by_subject[patients, "Canceled"].startswith(f"Dear Patient {patient},\n")
    assert f"Patient {patient} canceled" in by_subject[doctors, "Canceled"]

    scenario.mailbox.messages.clear()
    await book(app, waiting, doctor, a_slot())
    await scenario.mark_sent()
    assert await app.fetchval("SELECT erase_doctor($1, '-')", doctor)
    texts = {message.to: message.text for message in await scenario.settled()}
    to_waiting = texts.pop(await scenario.address(waiting))
    assert set(texts) == {doctors}
    assert f"Dr {doctor} had to cancel your appointment" in to_waiting
    assert "no longer takes appointments here" in to_waiting
    assert await owner.fetchval("SELECT count(*) FROM notification WHERE snapshot IS NOT NULL") == 0
