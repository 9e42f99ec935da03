"""Actions of an admin in psql lead to the same mails, refunds and offers as the same actions through the API."""

from decimal import Decimal

import pytest
from asyncpg import Connection

from tests.support.db.offers import waiting
from tests.support.factories import a_slot, book, make_doctor, make_patients
from tests.support.http.bookings import cancel
from tests.support.mail.scenarios import MailScenario
from tests.support.paypal.payment_client import BegunPayment, PaymentClient

CANCEL = "SELECT * FROM admin.cancel_appointment($1)"
BULK = "SELECT * FROM admin.bulk_cancel($1, NULL, 'The practice is closed.')"


async def mailed(scenario: MailScenario, people: dict[int, str]) -> list[tuple[str, str]]:
    """Wait until the outbox is empty; return the recipient and the beginning of the subject of each mail."""
    mails = [
        (name, message.subject.partition(":")[0])
        for account, name in people.items()
        for message in await scenario.messages_to(account)
    ]
    return sorted(mails)


async def effects(
    payment_client: PaymentClient, scenario: MailScenario, begun: BegunPayment, waits: int
) -> tuple[object, ...]:
    """Return the mails, the refunds at PayPal, and whether the slot is offered to the waitlist."""
    await payment_client.wait_for_refund(begun, "completed")
    people = {begun.patient: "patient", begun.doctor: "doctor", waits: "waiting"}
    offered = await scenario.owner.fetch("SELECT patient FROM admin.offers WHERE doctor = $1", begun.doctor)
    given = [(refund["status"], refund["amount"]["value"]) for refund in await payment_client.paypal_refunds(begun)]
    return await mailed(scenario, people), given, [row["patient"] for row in offered] == [waits]


@pytest.mark.usefixtures("payment_worker")
async def test_a_cancellation_at_psql_is_like_one_through_the_api(
    payment_client: PaymentClient, admin: Connection, scenario: MailScenario
) -> None:
    by_api, by_admin = [
        await payment_client.paid(await payment_client.hold(number, max_appointments=1)) for number in range(2)
    ]
    (first,), (second,) = [await waiting(scenario.owner, begun.doctor, 1) for begun in (by_api, by_admin)]
    await scenario.settled()
    scenario.mailbox.messages.clear()
    assert (await cancel(payment_client.client, by_api.patient, by_api.appointment)).status_code == 200
    (row,) = await admin.fetch(CANCEL, by_admin.appointment)
    assert row["status"] == "canceled"
    mails = [("doctor", "Canceled"), ("patient", "Canceled"), ("patient", "Refunded"), ("waiting", "Free")]
    expected = (mails, [("COMPLETED", "100.00")], True)
    assert await effects(payment_client, scenario, by_api, first) == expected
    assert await effects(payment_client, scenario, by_admin, second) == expected


async def test_a_bulk_cancellation_at_psql_is_one_mail_to_each_patient_and_the_doctor(
    admin: Connection, scenario: MailScenario
) -> None:
    owner = scenario.owner
    doctor, (twice, once) = await make_doctor(owner, fee=Decimal(0)), await make_patients(owner, 2)
    for number, patient in enumerate((twice, twice, once)):
        await book(owner, patient, doctor, a_slot(number))
    await scenario.mark_sent()
    assert len(await admin.fetch(BULK, doctor)) == 3
    texts = {message.to: message.text for message in await scenario.sent()}
    people = {doctor: "doctor", twice: "twice", once: "once"}
    assert await mailed(scenario, people) == [("doctor", "Canceled"), ("once", "Canceled"), ("twice", "Canceled")]
    assert all("The practice is closed." in text for text in texts.values())
    to_doctor, to_twice = texts[await scenario.address(doctor)], texts[await scenario.address(twice)]
    for number in (1, 2):
        assert f"{a_slot(number):%H:%M}" in to_doctor.partition("Also canceled:")[2]
    assert f"{a_slot(1):%H:%M}" in to_twice.partition("Also canceled:")[2]
