"""The mails after a cancellation: recipients, order, and failures that must not delay or repeat others."""

from datetime import timedelta

from tests.support.factories import a_slot, make_patient, make_patients
from tests.support.mail.scenarios import MailScenario
from tests.support.servers.worker_process import eventually_is


async def test_a_cancellation_mails_those_who_wait_in_the_order_of_joining(scenario: MailScenario) -> None:
    booked_up = await scenario.full_doctor()
    day = a_slot().date()
    first, second, third, other_day = reversed(await make_patients(scenario.owner, 4))
    for patient, desired in ((first, day), (other_day, day + timedelta(days=1)), (second, None), (third, day)):
        await scenario.join(patient, booked_up.doctor, desired)
    await scenario.start_worker()
    await scenario.cancel(booked_up)
    messages = await scenario.settled()
    assert [outcome[:3] for outcome in await scenario.outcomes(booked_up)] == [
        ("appointment_canceled", booked_up.holder, "sent"),
        ("appointment_canceled", booked_up.doctor, "sent"),
        *[("slot_offered", patient, "sent") for patient in (first, second, third)],
    ]
    recipients = [booked_up.holder, booked_up.doctor, first, second, third]
    assert {message.to for message in messages} == {await scenario.address(account) for account in recipients}
    assert sorted(message.message_id for message in messages) == sorted(await scenario.message_ids(booked_up))
    assert all(message.sender == "Appointments <appointments@clinic.example>" for message in messages)


async def test_a_worker_killed_before_the_cancellation_and_started_again_sends_the_mail_once(
    scenario: MailScenario,
) -> None:
    booked_up = await scenario.full_doctor()
    waiting = await make_patient(scenario.owner)
    await scenario.join(waiting, booked_up.doctor)
    worker = await scenario.start_worker()
    await worker.kill()
    await scenario.cancel(booked_up)
    assert set(await scenario.statuses(booked_up)) == {"queued"}
    await worker.start()
    assert len(await scenario.messages_to(waiting)) == 1
    (row,) = [row for row in await scenario.rows(booked_up) if row["kind"] == "slot_offered"]
    assert (row["status"], row["attempts"]) == ("sent", 1)


async def test_an_outdated_mail_is_not_sent(scenario: MailScenario) -> None:
    changed, taken, left = [await scenario.full_doctor(slot) for slot in range(3)]
    await scenario.owner.execute(
        "UPDATE notification SET status = 'queued', sent_at = NULL WHERE appointment_id = $1", changed.appointment
    )
    first, second, faster = await make_patients(scenario.owner, 3)
    await scenario.join(first, taken.doctor)
    await scenario.join(faster, taken.doctor)
    entry = await scenario.join(second, left.doctor)
    for booked_up in (changed, taken, left):
        await scenario.cancel(booked_up)
    offer = (await scenario.rows(taken))[-1]["offer_id"]
    await scenario.app.fetch("SELECT * FROM claim_offer($1, $2)", faster, offer)
    await scenario.app.fetch("SELECT * FROM leave_waitlist($1, $2)", second, entry)
    messages = await scenario.sent()
    assert await scenario.outcomes(changed, version=1) == [
        ("appointment_confirmed", changed.holder, "skipped", "the appointment has changed"),
        ("appointment_confirmed", changed.doctor, "skipped", "the appointment has changed"),
    ]
    assert (await scenario.outcomes(taken))[-2:] == [
        ("slot_offered", first, "skipped", "the offer is superseded"),
        ("slot_offered", faster, "skipped", "the offer is accepted"),
    ]
    assert (await scenario.outcomes(left))[-1] == ("slot_offered", second, "skipped", "the offer is declined")
    assert not any(message.subject.startswith("Free") for message in messages)
    assert len(await scenario.messages_to(changed.holder)) == 1  # the cancellation
    assert len(await scenario.messages_to(faster)) == 1  # the confirmation


async def test_two_workers_send_each_mail_once(scenario: MailScenario) -> None:
    workers = [await scenario.start_worker() for _ in range(2)]
    for slot in range(12):
        booked_up = await scenario.full_doctor(slot)
        for patient in await make_patients(scenario.owner, 3):
            await scenario.join(patient, booked_up.doctor)
        await scenario.cancel(booked_up)
    messages = await scenario.settled()
    assert not [line for worker in workers for line in worker.logged("mail_failed")]
    sent = await scenario.owner.fetch(
        """
        SELECT attempts, (appointment_version = 2 OR offer_id IS NOT NULL) IS TRUE AS of_cancellation
        FROM notification WHERE status = 'sent' AND attempts > 0
        """
    )
    # includes other mails: those about the booking may go out before its cancellation
    assert sum(row["of_cancellation"] for row in sent) == 12 * 5
    assert [row["attempts"] for row in sent] == [1] * len(sent)
    assert len({message.message_id for message in messages}) == len(messages) == len(sent)


async def test_a_mail_that_cannot_be_composed_does_not_delay_others(scenario: MailScenario) -> None:
    booked_up = await scenario.full_doctor()
    for patient in await make_patients(scenario.owner, 2):
        await scenario.join(patient, booked_up.doctor)
    await scenario.cancel(booked_up)
    # no text exists for an offer to a doctor
    await scenario.owner.execute(
        """
        INSERT INTO notification (kind, account_id, appointment_id, appointment_version, offer_id)
        SELECT 'slot_offered', $1, appointment_id, 1, id FROM offer ORDER BY id DESC LIMIT 1
        """,
        booked_up.doctor,
    )
    worker = await scenario.start_worker()
    messages = await scenario.settled()
    *others, poisoned = await scenario.rows(booked_up)
    assert (poisoned["status"], poisoned["outcome"]) == ("failed", "KeyError")
    assert {row["status"] for row in others} == {"sent"}
    assert len(messages) == len(others) == 4
    (line,) = await worker.wait_for_log("mail_failed")
    assert (line["notification"], line["permanent"]) == (poisoned["id"], True)
    assert "locale.py" in line["at"]


async def test_a_mail_that_cannot_be_claimed_does_not_delay_others(scenario: MailScenario) -> None:
    booked_up = await scenario.cancel_while_waiting()
    await scenario.jam("notification", f"NEW.id = {(await scenario.rows(booked_up))[0]['id']}")
    worker = await scenario.start_worker()
    await eventually_is(["queued", "sent", "sent"], lambda: scenario.statuses(booked_up))
    assert [line["error"] for line in await worker.wait_for_log("server_unavailable")] == ["RaiseError P0001"]
    assert len(scenario.mailbox.messages) == 2


async def test_a_mail_whose_success_could_not_be_recorded_at_once_is_not_sent_again(scenario: MailScenario) -> None:
    booked_up = await scenario.cancel_while_waiting()
    await scenario.owner.execute("CREATE SEQUENCE jams")  # keeps counting after a rollback
    await scenario.jam("notification", "NEW.status = 'sent' AND nextval('jams') <= 2")
    messages = await scenario.sent()
    assert await scenario.attempts(booked_up) == [("sent", 1)] * 3
    assert len(messages) == 3
