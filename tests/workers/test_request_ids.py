"""The id of the request that caused a mail is in the mail and in the worker's log."""

from tests.support.factories import make_patient
from tests.support.mail.scenarios import MailScenario


async def canceled_by_request(scenario: MailScenario, request_id: str | None, waiting: int, slot: int = 0) -> None:
    """Cancel an appointment while a patient waits, in the transaction of a request if one is given."""
    booked_up = await scenario.full_doctor(slot)
    await scenario.join(waiting, booked_up.doctor)
    async with scenario.app.transaction():
        if request_id:
            await scenario.app.execute("SELECT set_config('booking.request', $1, true)", request_id)
        await scenario.cancel(booked_up)


async def test_mails_carry_the_id_of_their_act_and_others_none(scenario: MailScenario) -> None:
    for slot, request_id in enumerate(("act-1", None, "act-2")):
        await canceled_by_request(scenario, request_id, await make_patient(scenario.owner), slot)
    worker = await scenario.start_worker()
    await scenario.settled()
    sent = sorted(str(mail["X-Request-ID"]) for mail in scenario.mailbox.mails)
    assert sent == ["None"] * 3 + ["act-1"] * 3 + ["act-2"] * 3
    lines = await worker.wait_for_log("mail_sent", len(sent))
    assert sorted(line.get("request", "None") for line in lines) == sent


async def test_a_failure_is_logged_under_the_id_of_the_act(scenario: MailScenario) -> None:
    waiting = await make_patient(scenario.owner)
    scenario.mailbox.unwanted.add(await scenario.address(waiting))
    await canceled_by_request(scenario, "act-3", waiting)
    worker = await scenario.start_worker()
    await scenario.settled()
    assert [line["request"] for line in await worker.wait_for_log("mail_failed")] == ["act-3"]
