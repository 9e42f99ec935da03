"""The link in the mail of an offer books the slot without a login, and its token is only in the mail."""

import hashlib
import re

from httpx import AsyncClient

from tests.support.factories import make_patient
from tests.support.mail.scenarios import MailScenario

LINK = re.compile(r"^  http://localhost:8000(/api/appointments/offers/link/([\w-]{43})/)$", re.MULTILINE)
KEPT = "SELECT token_hash FROM offer_token"
HAS = "SELECT status FROM appointment WHERE doctor_id = $1 AND patient_id = $2"


async def test_the_link_of_the_mail_works_and_its_token_is_neither_stored_nor_logged(
    api: AsyncClient, scenario: MailScenario
) -> None:
    waiting = await make_patient(scenario.owner)
    booked_up = await scenario.cancel_while_waiting(waiting)
    worker = await scenario.start_worker()
    (mail,) = await scenario.messages_to(waiting)
    ((path, token),) = LINK.findall(mail.text)
    assert "Accept</button>" in (await api.get(path)).text
    assert (
        await scenario.owner.fetchval(HAS, booked_up.doctor, waiting) is None
    )  # opening the link, as a mail scanner does, accepts nothing
    assert "Your appointment is confirmed." in (await api.post(path)).text
    assert await scenario.owner.fetchval(HAS, booked_up.doctor, waiting) == "confirmed"
    ((kept,),) = await scenario.owner.fetch(KEPT)
    assert kept == hashlib.sha256(token.encode()).digest()
    assert token not in worker.log
