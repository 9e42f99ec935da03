"""Mails to people about their own accounts."""

from functools import partial

import asyncpg

from app.sandbox.letters import Letter
from app.sandbox.mailbox import Mailbox
from tests.factories import make_doctor, make_patient
from tests.workers.conftest import StartWorker
from tests.workers.processes import eventually
from tests.workers.stories import address, is_settled

CHANGE_PASSWORD = "SELECT change_password($1, '-', 'new')"


async def sent(owner: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker) -> list[Letter]:
    """Return the mails that a worker sends."""
    await make_worker().start()
    await eventually(partial(is_settled, owner))
    return list(mailbox.letters)


async def test_a_changed_password_is_told_to_its_owner(
    owner: asyncpg.Connection, app: asyncpg.Connection, mailbox: Mailbox, make_worker: StartWorker
) -> None:
    people = [await make_patient(owner), await make_doctor(owner)]
    for account in people:
        assert await app.fetchval(CHANGE_PASSWORD, account)
    letters = await sent(owner, mailbox, make_worker)
    assert {letter.to for letter in letters} == {await address(owner, account) for account in people}
    assert [letter.subject for letter in letters] == ["Your password was changed"] * 2
