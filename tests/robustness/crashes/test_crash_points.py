"""Tests of the harness: a request dies or waits exactly at its crash point."""

import signal

import pytest
import pytest_asyncio

from tests.robustness.crashes.actions import Action
from tests.robustness.crashes.clinic import Clinic, Harness
from tests.robustness.crashes.crash_points import Moment
from tests.robustness.crashes.history import History
from tests.robustness.crashes.processes import ROLES

WAIT = Action("book", verdict="waits", point=("book", "before"))


@pytest_asyncio.fixture
async def history(harness: Harness) -> History:
    return History(await Clinic.set(harness))


@pytest.mark.parametrize(("moment", "booked"), [("before", 0), ("sent", 1), ("answered", 1)])
async def test_death_at_a_statement(harness: Harness, history: History, moment: Moment, booked: int) -> None:
    before = harness.processes.tally["book", "book", moment, "dies"]
    await history.do(Action("book", verdict="dies", point=("book", moment)))
    assert harness.processes.tally["book", "book", moment, "dies"] == before + 1
    assert len(history.observed.appointments) == booked


@pytest.mark.parametrize(("moment", "ordered"), [("before", 0), ("sent", 1), ("answered", 1)])
async def test_death_at_a_call(history: History, moment: Moment, ordered: int) -> None:
    await history.do(Action("book"))
    await history.do(Action("create", verdict="dies", point=("create_order", moment)))
    assert len(history.observed.ledger["orders"]) == ordered
    assert history.observed.payments[0]["order_id"] is None


@pytest.mark.parametrize(("and_die", "deaths"), [(False, 0), (True, 1)])
async def test_a_request_waits_until_it_is_resumed(
    harness: Harness, history: History, and_die: bool, deaths: int
) -> None:
    await history.do(WAIT)
    assert not history.observed.appointments
    before = harness.processes.tally["book", "book", "sent", "dies"]
    await history.clinic.resume(0, and_die=and_die)
    assert harness.processes.tally["book", "book", "sent", "dies"] == before + deaths
    assert len((await history.clinic.observe()).appointments) == 1


async def test_a_waiting_request_does_not_block_others(history: History) -> None:
    await history.do(WAIT)
    await history.do(Action("book", 1))
    assert len(history.observed.appointments) == 1
    await history.clinic.resume(0)


async def test_a_waiting_request_dies_with_its_process(harness: Harness, history: History) -> None:
    await history.do(WAIT)
    assert len(harness.processes.waiting) == 1
    for role in ROLES:
        await history.clinic.kill_process(role)
    await history.clinic.resume(0)
    assert not harness.processes.waiting
    assert not (await history.clinic.observe()).appointments


async def test_a_process_that_ends_by_itself_is_noticed(harness: Harness, history: History) -> None:
    await history.clinic.sweep()
    with pytest.raises(AssertionError, match="ended by itself"):
        await harness.processes.kill("worker", signal.SIGTERM)
