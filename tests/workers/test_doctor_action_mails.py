"""The mails after a doctor's actions: one to each patient, with all changes."""

from datetime import UTC, datetime

import pytest

from app.sandbox.mailbox.messages import Message
from tests.support.db.payments import pay
from tests.support.factories import SLOT, a_slot, book, make_doctor, make_patient, make_patients
from tests.support.mail.calendar_client import Calendar
from tests.support.mail.scenarios import MailScenario

BULK_CANCEL = "SELECT * FROM bulk_cancel($1, NULL, NULL, $2, true, false)"
REFUNDS = """
    SELECT a.patient_id, r.amount, r.status FROM refund AS r
    INNER JOIN payment AS p ON p.id = r.payment_id INNER JOIN appointment AS a ON a.id = p.appointment_id ORDER BY 1
"""
TIME_OFF = "SELECT lower(during) FROM time_off WHERE doctor_id = $1 ORDER BY 1"
CANCEL = "SELECT * FROM cancel_as_doctor($1, $2, $3, false)"
MOVE_AS_DOCTOR = "SELECT * FROM reschedule_as_doctor($1, $2, $3, false)"
MOVE_AS_PATIENT = "SELECT * FROM reschedule_as_patient($1, $2, $3)"


def shown(start: datetime) -> str:
    """Return a time as mails show it to a recipient in UTC."""
    start = start.astimezone(UTC)
    return f"{start:%A} {start.day} {start:%B %Y, %H:%M}"


async def sent(scenario: MailScenario) -> dict[str, Message]:
    """Return the mails that a worker sends, by address. Fails if an address gets two."""
    messages = await scenario.sent()
    by_address = {message.to: message for message in messages}
    assert len(by_address) == len(messages)
    return by_address


async def test_30_appointments_of_12_patients_are_12_mails_that_empty_their_calendars(scenario: MailScenario) -> None:
    owner, app = scenario.owner, scenario.app
    doctor, patients = await make_doctor(owner), await make_patients(owner, 12)
    whose = {a_slot(n): patients[n % 12] for n in range(30)}
    calendars = {await scenario.address(patient): Calendar() for patient in patients}
    await scenario.start_worker()
    for start, patient in whose.items():  # the first 24 cost a fee, the others nothing
        if start == a_slot(24):
            await owner.execute("UPDATE doctor SET fee = 0 WHERE account_id = $1", doctor)
        appointment = await book(app, patient, doctor, start)
        if start < a_slot(24):
            await pay(app, patient, appointment)
    confirmations = await scenario.settled()
    for message in confirmations:
        if message.to in calendars:
            calendars[message.to].take(message.attachments[0].content)
    assert sum(len(calendar.events) for calendar in calendars.values()) == 30
    assert len(await app.fetch(BULK_CANCEL, doctor, "The practice is flooded.")) == 30
    everything = await scenario.settled()
    assert len({message.message_id for message in everything}) == len(everything)
    canceled = everything[len(confirmations) :]
    assert sorted(message.to for message in canceled) == sorted(calendars)
    messages = {message.to: message for message in canceled}
    for patient in patients:
        to = await scenario.address(patient)
        message, calendar = messages[to], calendars[to]
        assert message.subject.startswith("Canceled:")
        assert "Reason: The practice is flooded." in message.text
        assert "A refund of 200.00 USD was requested." in message.text
        named = {start: message.text.count(shown(start)) for start in whose}
        assert named == {start: int(owned_by == patient) for start, owned_by in whose.items()}
        for file in message.attachments:
            calendar.take(file.content)
        assert calendar.events == {}
    refunds = [tuple(row) for row in await owner.fetch(REFUNDS)]
    assert refunds == [(patient, 100, "requested") for patient in patients for _ in range(2)]
    assert [row[0] for row in await owner.fetch(TIME_OFF, doctor)] == list(whose)


async def test_a_cancellation_by_the_doctor_is_mailed_to_the_patient_with_the_reason(scenario: MailScenario) -> None:
    owner, app = scenario.owner, scenario.app
    doctor, (held, confirmed) = await make_doctor(owner, full_name="Dr. Ada"), await make_patients(owner, 2)
    appointments = [await book(app, held, doctor, a_slot())]
    await owner.execute("UPDATE doctor SET fee = 0 WHERE account_id = $1", doctor)
    appointments.append(await book(app, confirmed, doctor, a_slot(1)))
    await scenario.mark_sent()
    for appointment, reason in zip(appointments, ("I am ill.", None), strict=True):
        await app.fetch(CANCEL, doctor, appointment, reason)
    by_address = await sent(scenario)
    messages = [by_address.pop(await scenario.address(patient)) for patient in (held, confirmed)]
    assert by_address == {}
    assert [message.subject for message in messages] == [f"Canceled: Dr. Ada, {shown(a_slot(n))}" for n in range(2)]
    assert all("We are sorry: Dr. Ada had to cancel your appointment." in message.text for message in messages)
    assert ["I am ill." in message.text for message in messages] == [True, False]
    assert "reason" not in messages[1].text


@pytest.mark.parametrize(
    ("moves", "from_slot"), [((4,), 0), ((3, 5, 7), 0), ((3, 0), 3)], ids=["once", "several times", "there and back"]
)
async def test_moves_by_the_doctor_are_told_to_the_patient_in_one_mail(
    scenario: MailScenario, moves: tuple[int, ...], from_slot: int
) -> None:
    doctor, patient = await make_doctor(scenario.owner, fee=0, full_name="Dr. Ada"), await make_patient(scenario.owner)
    appointment = await book(scenario.app, patient, doctor, a_slot())
    await scenario.mark_sent()
    for slot in moves:
        await scenario.app.fetch(MOVE_AS_DOCTOR, doctor, appointment, a_slot(slot))
    (message,) = (await sent(scenario)).values()
    assert message.to == await scenario.address(patient)
    now = shown(a_slot(moves[-1]))
    assert message.subject == f"Moved: Dr. Ada, now {now}"
    assert f"The previous time was {shown(a_slot(from_slot))} (UTC)." in message.text
    assert f"you can cancel or move the appointment in your booking app until {now} (UTC)." in message.text


async def test_a_move_by_the_patient_is_mailed_to_both_once_it_is_confirmed(scenario: MailScenario) -> None:
    owner, app = scenario.owner, scenario.app
    doctor, (holder, patient) = await make_doctor(owner), await make_patients(owner, 2)
    hold = await book(app, holder, doctor, a_slot())
    await owner.execute("UPDATE doctor SET fee = 0 WHERE account_id = $1", doctor)
    appointment = await book(app, patient, doctor, a_slot(1))
    await scenario.mark_sent()
    await app.fetch(MOVE_AS_PATIENT, holder, hold, a_slot(5))
    await app.fetch(MOVE_AS_PATIENT, patient, appointment, a_slot(6))
    messages = await sent(scenario)
    now = {to: message.subject.partition(", now ")[2] for to, message in messages.items()}
    expected = {holder: a_slot(5), patient: a_slot(6), doctor: a_slot(6)}
    assert now == {await scenario.address(account): shown(start) for account, start in expected.items()}
    assert f"The previous time was {shown(a_slot(1))} (UTC)." in messages[await scenario.address(doctor)].text


async def test_cancellations_by_a_schedule_change_are_mailed(scenario: MailScenario) -> None:
    doctor, patient = await make_doctor(scenario.owner, fee=0), await make_patient(scenario.owner)
    for n in (0, 1, 9):
        await book(scenario.app, patient, doctor, a_slot(n))
    await scenario.mark_sent()
    await scenario.app.fetch(
        "SELECT * FROM add_time_off($1, $2, $3, $4, true)", doctor, a_slot(), a_slot() + 2 * SLOT, "A conference."
    )
    (message,) = (await sent(scenario)).values()
    assert "Reason: A conference." in message.text
    assert [message.text.count(shown(a_slot(n))) for n in (0, 1, 9)] == [1, 1, 0]
