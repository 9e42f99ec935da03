"""Scheduled mails are sent when they are due."""

from decimal import Decimal

from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.mail.scenarios import MailScenario
from tests.support.servers.worker_process import eventually


async def test_reminders_of_a_hold_and_a_visit_are_sent_when_due(scenario: MailScenario) -> None:
    owner = scenario.owner
    patient = await make_patient(owner)
    await book(scenario.app, patient, await make_doctor(owner, full_name="Dr. Fee"), a_slot())
    await book(scenario.app, patient, await make_doctor(owner, full_name="Dr. Free", fee=Decimal(0)), a_slot(1))
    await scenario.mark_sent()
    await owner.execute("UPDATE scheduled_notification SET due_at = now()")
    for _ in range(2):
        await scenario.start_worker()

    async def have_arrived() -> bool:
        return len(scenario.mailbox.messages) >= 3

    await eventually(have_arrived)
    messages = await scenario.messages_to(patient)
    assert len(messages) == len(scenario.mailbox.messages)
    subjects = sorted(message.subject.partition(",")[0] for message in messages)
    assert subjects == ["Held for you: Dr. Fee", "Payment due: Dr. Fee", "Reminder: Dr. Free"]
