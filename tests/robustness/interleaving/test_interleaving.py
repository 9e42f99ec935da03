"""Each pair of operations, in every order of their statements and at every isolation level, breaks no rule."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from app.db.driver import RETRYABLE
from app.domain.rules import RULES
from tests.robustness.interleaving.operation_pairs import ONE_ALWAYS_REFUSED, RETRIED, Case, cases
from tests.robustness.interleaving.operations import statement
from tests.robustness.interleaving.player import DONE, Interleaving, Session, Statement, explore
from tests.robustness.interleaving.setups import Scenario, Setup, set_up, states
from tests.support.db.invariants import RECORD, broken
from tests.support.factories import a_slot
from tests.support.servers.databases import Database, execute

READ_COMMITTED = "READ COMMITTED"
LEVELS = (READ_COMMITTED, "REPEATABLE READ", "SERIALIZABLE")
RETRIES = {"23505", *(error.sqlstate for error in RETRYABLE)}
REFUSALS = {name for name, rule in RULES.items() if rule.status < 500}
AT_ONCE = 8  # setups that are made together


class Company(NamedTuple):
    """The connections of one isolation level, and the setups that are ready for use."""

    level: str
    players: list[Connection]
    watcher: Connection
    stagehand: Connection  # without triggers
    ready: dict[tuple[Scenario, datetime], list[Setup]]  # by scenario and its first slot


class Ending(NamedTuple):
    outcomes: tuple[str, ...]
    state: tuple[str, ...]


class Seen(NamedTuple):
    play: Interleaving
    ending: Ending
    broken: list[str]


@pytest_asyncio.fixture(scope="module")
async def companies(database: Database) -> AsyncIterator[list[Company]]:
    """Connections for each level. Two holds reach the limit, and PostgreSQL looks for deadlocks early."""
    name = database.superuser.rpartition("/")[2]
    await execute(
        database.superuser,
        f"ALTER DATABASE {name} SET deadlock_timeout = '50ms'",
        # the plans of a large database: no sequential scans, and generic plans
        f"ALTER DATABASE {name} SET enable_seqscan = off",
        f"ALTER DATABASE {name} SET plan_cache_mode = force_generic_plan",
        "UPDATE policy SET patient_hold_limit = 2",
        RECORD,
    )
    companies = [
        Company(
            level,
            [await asyncpg.connect(database.app) for _ in range(2)],
            await asyncpg.connect(database.superuser),
            await asyncpg.connect(database.superuser, server_settings={"session_replication_role": "replica"}),
            {},
        )
        for level in LEVELS
    ]
    yield companies
    for company in companies:
        for connection in (*company.players, company.watcher, company.stagehand):
            await connection.close()


async def perform(company: Company, case: Case, origin: datetime, *sides: int) -> list[Seen]:
    """Play every order of the statements of these sides. All plays of a case count slots from `origin`."""
    used: list[Setup] = []
    ready = company.ready.setdefault((case.scenario, origin), [])

    async def setup() -> Interleaving:
        if not ready:
            ready.extend(await set_up(case.scenario, origin, AT_ONCE, company.players[0], company.stagehand))
        used.append(ready.pop())
        return Interleaving([part(company, case, used[-1], side) for side in sides], company.watcher)

    plays = [play async for play in explore(setup)]
    seen = await states(used, origin, company.watcher)
    wrong = await faults(company, case, used)
    return [
        Seen(play, Ending(play.outcomes, state), broken) for play, state, broken in zip(plays, seen, wrong, strict=True)
    ]


def part(company: Company, case: Case, setup: Setup, side: int) -> Session:
    operation, participant = case.operations[side], setup.sides[side]
    statements = [statement(operation, participant)]
    if company.level != READ_COMMITTED:  # at that level a read keeps neither a snapshot nor a lock
        look = f"SELECT count(*) FROM appointment WHERE doctor_id = {participant.doctor}"
        statements.insert(0, Statement("look", look))
    return Session(operation, company.players[side], company.level, statements)


async def faults(company: Company, case: Case, setups: Sequence[Setup]) -> list[list[str]]:
    """Return for each setup the rules that are broken there."""
    doctors = [doctor for setup in setups for doctor in setup.doctors]
    if not await broken(company.watcher, doctors, cap=case.scenario.cap):
        return [[] for _ in setups]
    return [await broken(company.watcher, setup.doctors, cap=case.scenario.cap) for setup in setups]


@pytest.mark.parametrize("case", list(cases()), ids=str)
async def test_a_pair(companies: list[Company], case: Case) -> None:
    origin = a_slot()
    async with asyncio.TaskGroup() as together:
        tasks = [together.create_task(perform(company, case, origin, 0, 1)) for company in companies]
    plays = [task.result() for task in tasks]
    alone = [(await perform(companies[0], case, origin, side))[0].ending for side in range(2)]
    in_turn = [seen.ending for seen in plays[0] if not seen.play.overlaps]
    assert len(in_turn) == 2
    possible = [{ending.outcomes[side] for ending in in_turn} for side in range(2)]
    assert all(DONE in outcomes for outcomes in possible) or case.name in ONE_ALWAYS_REFUSED, (
        f"the operations do not conflict: {in_turn}"
    )
    for company, all_seen in zip(companies, plays, strict=True):
        for seen in all_seen:
            complaints = [*seen.broken, *judge(case, company.level, seen, in_turn, alone)]
            assert not complaints, "\n".join([f"{case} at {company.level}", str(seen.play), *complaints])


def judge(case: Case, level: str, seen: Seen, in_turn: list[Ending], alone: list[Ending]) -> Iterator[str]:
    """Yield what about a play is impossible if its sessions run one after the other."""
    outcomes, state = seen.ending
    victims = [side for side, outcome in enumerate(outcomes) if outcome in RETRIES]
    if not set(outcomes) <= {DONE, *REFUSALS, *RETRIES}:
        yield f"not a rule: {outcomes}"
    if victims and not (seen.play.overlaps and (level != READ_COMMITTED or case.name in RETRIED)):
        yield f"a retry was not necessary: {outcomes}"
    if not victims and seen.ending not in in_turn:
        yield f"neither order has this ending: {seen.ending}, but {in_turn}"
    if len(victims) > 1:
        yield f"both sessions failed: {outcomes}"
    elif victims:
        winner = 1 - victims[0]
        if Ending((outcomes[winner],), state) != alone[winner]:
            yield f"the failed session changed something: {seen.ending}, but {alone[winner]}"
