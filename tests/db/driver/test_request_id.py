"""A statement passes the request id to its transaction; the next statement does not inherit it."""

import asyncio

import asyncpg
import pytest
from asyncpg import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.driver import LoginEndedError, current_login, fetch, fetch_if, outbox_request_id, pooled_connection
from app.domain.appointments.repository import BOOK
from tests.support.factories import a_slot, make_doctor, make_patient

KNOWN = "SELECT current_setting('booking.request', true) AS id"
MARKS = "SELECT request_id FROM notification WHERE account_id = $1 ORDER BY id"
MAIL = """
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version)
    SELECT kind, account_id, appointment_id, appointment_version + 1 FROM notification WHERE account_id = $1 LIMIT 1
    RETURNING request_id
"""


async def marked(engine: AsyncEngine, owner: Connection, request_id: str | None, slot: int) -> str | None:
    """Book with this request id; return the request id of the mail about it."""
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    token = outbox_request_id.set(request_id)
    (booked,) = await fetch(engine, BOOK, patient, doctor, a_slot(slot))
    outbox_request_id.reset(token)
    assert booked["patient"] == patient
    mark: str | None = await owner.fetchval(MARKS, patient)
    return mark


async def test_the_next_one_on_the_connection_does_not_inherit_it(engine: AsyncEngine, owner: Connection) -> None:
    assert await marked(engine, owner, "first", 0) == "first"
    assert await marked(engine, owner, None, 1) is None
    assert await marked(engine, owner, "second", 2) == "second"
    assert await marked(engine, owner, None, 3) is None


async def test_a_failed_or_undone_statement_does_not_keep_it(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    for kept in (True, False):
        token = outbox_request_id.set("failing")
        with pytest.raises(asyncpg.CheckViolationError):
            await fetch(engine, BOOK, patient, doctor, a_slot(-1000))
        (row,) = await fetch_if(engine, lambda _, kept=kept: kept, KNOWN)  # type: ignore[misc]  # mypy takes the default for a parameter of the caller's
        outbox_request_id.reset(token)
        assert row["id"] == "failing"
        assert [row["id"] for row in await fetch(engine, KNOWN)] == [""]


async def test_the_same_statement_ten_times_over_is_ten_acts(engine: AsyncEngine, owner: Connection) -> None:
    """After five executions PostgreSQL may use a generic plan."""
    for number in range(10):
        assert await marked(engine, owner, f"act-{number}", number) == f"act-{number}"


async def test_it_costs_no_round_trip(engine: AsyncEngine) -> None:
    statements: list[str] = []
    async with pooled_connection(engine) as only_one:
        pass
    token = outbox_request_id.set("one")
    with only_one.query_logger(lambda query: statements.append(query.query)):
        await fetch(engine, KNOWN)
        await asyncio.sleep(0)  # asyncpg calls its loggers in the next iteration of the event loop
    outbox_request_id.reset(token)
    assert len(statements) == 1


async def test_it_is_set_before_any_statement(engine: AsyncEngine) -> None:
    token = outbox_request_id.set("told")
    for statement in (
        KNOWN,
        f"{KNOWN} ORDER BY 1 LIMIT 1",
        f"SELECT * FROM ({KNOWN} OFFSET 0) AS inner_one",
        "SELECT id FROM current_setting('booking.request', true) AS f (id)",
        "SELECT f.id FROM generate_series(1, 3) AS n CROSS JOIN LATERAL current_setting('booking.request', n > 0) AS f (id)",
    ):
        rows = await fetch(engine, statement)
        assert {row["id"] for row in rows} == {"told"}, statement
    outbox_request_id.reset(token)


async def test_the_login_is_checked_before_the_statement_runs(engine: AsyncEngine, owner: Connection) -> None:
    doctor, patient = await make_doctor(owner, fee=0), await make_patient(owner)
    act, ended = outbox_request_id.set("an-act"), current_login.set((patient, 2))
    for _ in range(10):  # after five executions PostgreSQL may use a generic plan
        with pytest.raises(LoginEndedError):
            await fetch(engine, "SELECT pg_advisory_lock($1)", patient)
        with pytest.raises(LoginEndedError):
            await fetch(engine, BOOK, patient, doctor, a_slot())
    current_login.reset(ended)
    assert not await owner.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1", patient)
    goes_on = current_login.set((patient, 1))
    (booked,) = await fetch(engine, BOOK, patient, doctor, a_slot())
    current_login.reset(goes_on)
    outbox_request_id.reset(act)
    assert booked["patient"] == patient
    assert await owner.fetchval(MARKS, patient) == "an-act"


@pytest.mark.parametrize("given", ["", " ", "x" * 65, "a b", "a\n", "\na", "a\r\nBcc: eve@example.com"])
async def test_an_invalid_id_is_ignored(owner: Connection, engine: AsyncEngine, given: str) -> None:
    assert await marked(engine, owner, given, 0) is None


async def test_psql_may_set_it(owner: Connection, engine: AsyncEngine) -> None:
    await marked(engine, owner, None, 0)
    account = await owner.fetchval("SELECT max(account_id) FROM notification")
    async with owner.transaction():
        await owner.execute("SET LOCAL booking.request = 'ticket-7'")
        assert await owner.fetchval(MAIL, account) == "ticket-7"
    assert await owner.fetchval(MAIL.replace("+ 1", "+ 2"), account) is None
