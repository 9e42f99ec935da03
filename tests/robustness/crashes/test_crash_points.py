"""The harness itself: an act ends where its fate says, at a real death, and no sooner or later."""

import signal

import pytest

from tests.robustness.crashes.actions import Act
from tests.robustness.crashes.clinic import Scene, Stage
from tests.robustness.crashes.crash_points import Moment
from tests.robustness.crashes.history import History
from tests.robustness.crashes.processes import ROLES

WAIT = Act("book", verdict="waits", point=("book", "before"))


@pytest.mark.parametrize(("moment", "booked"), [("before", 0), ("sent", 1), ("answered", 1)])
async def test_death_at_a_statement(stage: Stage, moment: Moment, booked: int) -> None:
    history = History(await Scene.set(stage))
    before = stage.crew.tally["book", "book", moment, "dies"]
    await history.do(Act("book", verdict="dies", point=("book", moment)))
    assert stage.crew.tally["book", "book", moment, "dies"] == before + 1
    assert len(history.known.appointments) == booked


@pytest.mark.parametrize(("moment", "ordered"), [("before", 0), ("sent", 1), ("answered", 1)])
async def test_death_at_a_call(stage: Stage, moment: Moment, ordered: int) -> None:
    history = History(await Scene.set(stage))
    await history.do(Act("book"))
    await history.do(Act("create", verdict="dies", point=("create_order", moment)))
    assert len(history.known.ledger["orders"]) == ordered
    assert history.known.payments[0]["order_id"] is None


@pytest.mark.parametrize(("and_die", "deaths"), [(False, 0), (True, 1)])
async def test_waiting(stage: Stage, and_die: bool, deaths: int) -> None:
    history = History(await Scene.set(stage))
    await history.do(WAIT)
    assert not history.known.appointments
    before = stage.crew.tally["book", "book", "sent", "dies"]
    await history.scene.go_on(0, and_die=and_die)
    assert stage.crew.tally["book", "book", "sent", "dies"] == before + deaths
    assert len((await history.scene.look()).appointments) == 1


async def test_whoever_waits_holds_up_nobody_on_the_way(stage: Stage) -> None:
    history = History(await Scene.set(stage))
    await history.do(WAIT)
    await history.do(Act("book", 1))
    assert len(history.known.appointments) == 1
    await history.scene.go_on(0)


async def test_death_while_waiting(stage: Stage) -> None:
    history = History(await Scene.set(stage))
    await history.do(WAIT)
    assert len(stage.crew.waiting) == 1
    for role in ROLES:
        await history.scene.die(role)
    await history.scene.go_on(0)
    assert not stage.crew.waiting
    assert not (await history.scene.look()).appointments


async def test_a_process_that_ends_by_itself_is_noticed(stage: Stage) -> None:
    await (await Scene.set(stage)).sweep()
    with pytest.raises(AssertionError, match="ended by itself"):
        await stage.crew.kill("worker", signal.SIGTERM)
