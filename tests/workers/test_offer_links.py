"""The link in an offer's mail, from the mail server to the appointment: without a login, and known to the mail alone."""

import hashlib
import re
from functools import partial

import asyncpg
import httpx

from app.sandbox.mailbox.server import Mailbox
from tests.support.factories import make_patient
from tests.support.mail.scenarios import address, cancel_while_waiting, is_settled
from tests.support.servers.worker_process import eventually
from tests.workers.conftest import StartWorker

LINK = re.compile(r"^  http://localhost:8000(/api/appointments/offers/link/([\w-]{43})/)$", re.MULTILINE)
KEPT = "SELECT token_hash FROM offer_token"
HAS = "SELECT status FROM appointment WHERE doctor_id = $1 AND patient_id = $2"


async def test_the_link_of_the_mail_is_good_and_its_token_is_kept_and_logged_nowhere(
    api: httpx.AsyncClient,
    owner: asyncpg.Connection,
    app: asyncpg.Connection,
    mailbox: Mailbox,
    make_worker: StartWorker,
) -> None:
    waiting = await make_patient(owner)
    booked_up = await cancel_while_waiting(waiting, owner, app)
    worker = make_worker()
    await worker.start()
    await eventually(partial(is_settled, owner))
    (mail,) = [message for message in mailbox.messages if message.to == await address(owner, waiting)]
    ((path, token),) = LINK.findall(mail.text)
    assert "Accept</button>" in (await api.get(path)).text
    assert await owner.fetchval(HAS, booked_up.doctor, waiting) is None  # a mail scanner has followed it, so far
    assert "Your appointment is confirmed." in (await api.post(path)).text
    assert await owner.fetchval(HAS, booked_up.doctor, waiting) == "confirmed"
    ((kept,),) = await owner.fetch(KEPT)
    assert kept == hashlib.sha256(token.encode()).digest()
    assert token not in worker.log
