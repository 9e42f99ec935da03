"""The mails that a cancellation calls for: who gets them, when they go out, and what is no longer true is not sent."""

from datetime import timedelta
from functools import partial

import asyncpg

from app.sandbox.mailbox.server import Mailbox
from tests.support.factories import a_slot, make_patient, make_patients
from tests.support.mail.scenarios import address, cancel, full_doctor, is_settled, join, outcomes, rows
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker


async def test_a_cancellation_mails_those_who_wait_in_the_order_of_joining(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    booked_up = await full_doctor(owner, app)
    day = a_slot().date()
    first, second, third, other_day = reversed(await make_patients(owner, 4))
    for patient, desired in ((first, day), (other_day, day + timedelta(days=1)), (second, None), (third, day)):
        await join(owner, patient, booked_up.doctor, desired)
    await make_worker().start()
    await cancel(app, booked_up)
    await eventually(partial(is_settled, owner))
    assert [outcome[:3] for outcome in await outcomes(owner, booked_up)] == [
        ("appointment_canceled", booked_up.holder, "sent"),
        ("appointment_canceled", booked_up.doctor, "sent"),
        *[("slot_offered", patient, "sent") for patient in (first, second, third)],
    ]
    told = [booked_up.holder, booked_up.doctor, first, second, third]
    assert {message.to for message in mailbox.messages} == {await address(owner, account) for account in told}
    ids = {f"<{row['message_id']}@clinic.example>" for row in await rows(owner, booked_up)}
    assert {message.message_id for message in mailbox.messages} == ids
    assert len(mailbox.messages) == len(ids)
    assert all(message.sender == "Appointments <appointments@clinic.example>" for message in mailbox.messages)


async def test_a_worker_killed_before_the_cancellation_and_started_again_sends_the_mail_once(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    booked_up = await full_doctor(owner, app)
    waiting = await make_patient(owner)
    await join(owner, waiting, booked_up.doctor)
    worker = make_worker()
    await worker.start()
    await worker.kill()
    await cancel(app, booked_up)
    assert {row["status"] for row in await rows(owner, booked_up)} == {"queued"}
    await worker.start()
    await eventually(partial(is_settled, owner))
    (row,) = [row for row in await rows(owner, booked_up) if row["kind"] == "slot_offered"]
    assert (row["status"], row["attempts"]) == ("sent", 1)
    assert [message.to for message in mailbox.messages].count(await address(owner, waiting)) == 1


async def test_what_is_no_longer_true_is_not_sent(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    changed, taken, left = [await full_doctor(owner, app, slot) for slot in range(3)]
    await owner.execute(
        "UPDATE notification SET status = 'queued', sent_at = NULL WHERE appointment_id = $1", changed.appointment
    )
    first, second, faster = await make_patients(owner, 3)
    await join(owner, first, taken.doctor)
    await join(owner, faster, taken.doctor)
    entry = await join(owner, second, left.doctor)
    for booked_up in (changed, taken, left):
        await cancel(app, booked_up)
    offer = (await rows(owner, taken))[-1]["offer_id"]
    await app.fetch("SELECT * FROM claim_offer($1, $2)", faster, offer)
    await app.fetch("SELECT * FROM leave_waitlist($1, $2)", second, entry)
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    assert await outcomes(owner, changed, version=1) == [
        ("appointment_confirmed", changed.holder, "skipped", "the appointment has changed since"),
        ("appointment_confirmed", changed.doctor, "skipped", "the appointment has changed since"),
    ]
    assert (await outcomes(owner, taken))[-2:] == [
        ("slot_offered", first, "skipped", "the offer has been superseded"),
        ("slot_offered", faster, "skipped", "the offer has been accepted"),
    ]
    assert (await outcomes(owner, left))[-1] == ("slot_offered", second, "skipped", "the offer has been declined")
    assert not any(message.subject.startswith("Free") for message in mailbox.messages)
    told = [message.to for message in mailbox.messages]
    assert told.count(await address(owner, changed.holder)) == 1  # of the cancellation
    assert told.count(await address(owner, faster)) == 1  # a confirmation that nothing came after


async def test_two_workers_send_each_mail_once(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    workers = make_worker(), make_worker()
    for worker in workers:
        await worker.start()
    for slot in range(12):
        booked_up = await full_doctor(owner, app, slot)
        for patient in await make_patients(owner, 3):
            await join(owner, patient, booked_up.doctor)
        await cancel(app, booked_up)
    await eventually(partial(is_settled, owner))
    assert not [line for worker in workers for line in worker.logged("mail_failed")]
    sent = await owner.fetch(
        """
        SELECT attempts, (appointment_version = 2 OR offer_id IS NOT NULL) IS TRUE AS of_cancellation
        FROM notification WHERE status = 'sent' AND attempts > 0
        """
    )
    # others, too: what comes before a cancellation may be told of while it is true still
    assert sum(row["of_cancellation"] for row in sent) == 12 * 5
    assert [row["attempts"] for row in sent] == [1] * len(sent)
    assert len({message.message_id for message in mailbox.messages}) == len(mailbox.messages) == len(sent)


async def test_a_mail_that_cannot_be_written_holds_up_no_other(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    booked_up = await full_doctor(owner, app)
    first, second = await make_patients(owner, 2)
    await join(owner, first, booked_up.doctor)
    await join(owner, second, booked_up.doctor)
    await cancel(app, booked_up)
    # there are no words for offering a doctor a slot
    await owner.execute(
        """
        INSERT INTO notification (kind, account_id, appointment_id, appointment_version, offer_id)
        SELECT 'slot_offered', $1, appointment_id, 1, id FROM offer ORDER BY id DESC LIMIT 1
        """,
        booked_up.doctor,
    )
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_settled, owner))
    *others, poisoned = await rows(owner, booked_up)
    assert (poisoned["status"], poisoned["outcome"]) == ("failed", "KeyError")
    assert {row["status"] for row in others} == {"sent"}
    assert len(mailbox.messages) == len(others) == 4
    (line,) = await worker.wait_for_log("mail_failed")
    assert (line["notification"], line["permanent"]) == (poisoned["id"], True)
    assert "locale.py" in line["at"]


async def test_a_mail_that_the_database_cannot_hand_out_holds_up_no_other(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    booked_up = await full_doctor(owner, app)
    await join(owner, await make_patient(owner), booked_up.doctor)
    await cancel(app, booked_up)
    jammed = (await rows(owner, booked_up))[0]["id"]
    await owner.execute(
        f"""
        CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'jammed'; END $$;
        CREATE TRIGGER jam BEFORE UPDATE ON notification FOR EACH ROW WHEN (NEW.id = {jammed}) EXECUTE FUNCTION jam();
        """
    )
    worker = make_worker()
    await worker.start()

    async def others_are_sent() -> bool:
        return [row["status"] for row in await rows(owner, booked_up)] == ["queued", "sent", "sent"]

    await eventually(others_are_sent)
    assert [line["error"] for line in await worker.wait_for_log("server_unavailable")] == ["RaiseError P0001"]
    assert len(mailbox.messages) == 2


async def test_a_sent_mail_that_could_not_be_written_down_at_once_is_not_sent_again(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    booked_up = await full_doctor(owner, app)
    await join(owner, await make_patient(owner), booked_up.doctor)
    await cancel(app, booked_up)
    await owner.execute(
        """
        CREATE SEQUENCE jams;
        CREATE FUNCTION jam() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('jams') <= 2 THEN -- counts on, although the transaction fails
                RAISE EXCEPTION 'jammed';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER jam BEFORE UPDATE ON notification
        FOR EACH ROW WHEN (NEW.status = 'sent') EXECUTE FUNCTION jam();
        """
    )
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    assert [(row["status"], row["attempts"]) for row in await rows(owner, booked_up)] == [("sent", 1)] * 3
    assert len(mailbox.messages) == 3
