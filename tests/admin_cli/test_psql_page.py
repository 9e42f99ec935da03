"""Runs each recipe of docs/psql.md against the practice that the page describes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.cli.psql_page import agrees, psql, recipes
from tests.support.db.payments import pay
from tests.support.factories import book, make_doctor, make_patient
from tests.support.servers.databases import Database, connected

PAGE = Path(__file__).parents[2] / "docs" / "psql.md"
NOON = datetime.combine(datetime.now(UTC).date(), time(12), UTC)


def at(days: int, hour: int) -> datetime:
    """Return a full hour of a day, counted from today."""
    return NOON + timedelta(days=days, hours=hour - 12)


@pytest_asyncio.fixture(scope="module")
async def practice(database: Database) -> AsyncIterator[Database]:
    """The practice of the page: two doctors (1, 2), and Bob, Cy, Dot and Eve (3 to 6)."""
    async with connected(database.owner) as owner, connected(database.app) as app:
        grace = await make_doctor(owner, full_name="Grace Hopper", fee=0, max_appointments=3)
        ada = await make_doctor(owner, full_name="Ada Lovelace")
        bob, cy, dot, eve = [await make_patient(owner, full_name=name) for name in ("Bob", "Cy", "Dot", "Eve")]
        for patient, hour in ((bob, 9), (cy, 10), (dot, 11)):
            await book(app, patient, grace, at(6, hour))
        await app.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", eve, grace)
        paid = await pay(app, bob, await book(app, bob, ada, at(7, 9)))
        await book(app, cy, ada, at(7, 10))
        await owner.execute(
            "UPDATE notification SET status = 'failed', attempts = 12, outcome = '550 no such user' WHERE id = 1"
        )
        await owner.execute("UPDATE payment SET attention = 'PayPal says REVERSED' WHERE id = $1", paid.payment)
    yield database


async def test_each_recipe_prints_what_the_page_shows(practice: Database) -> None:
    page = list(recipes(PAGE.read_text(encoding="utf-8")))
    assert len(page) > 15
    for recipe in page:
        printed = await psql(practice.admin, recipe.typed)
        assert agrees(recipe.shown, printed), f"{recipe.typed}\nprints\n\n{printed}"


PRINTED = " a | b\n----+---\n 1 | x\n 2 | y\n(2 rows)\n"


@pytest.mark.parametrize("shown", [PRINTED, " a | b\n---+---\n...\n(2 rows)", "a | b\n-+-\n1 | ...\n...", "..."])
def test_what_is_not_shown_may_be_anything(shown: str) -> None:
    assert agrees(shown, PRINTED)


@pytest.mark.parametrize(
    "shown", ["", "a | b", " a | b\n---+---\n 1 | z\n...", "a | b\n...\n(3 rows)", PRINTED.upper()]
)
def test_what_is_shown_is_compared(shown: str) -> None:
    assert not agrees(shown, PRINTED)


@pytest.mark.parametrize("page", ["```sql\nSELECT 1;\n```\n", "```text\n1\n```\n", 2 * "```sql\nSELECT 1;\n```\n"])
def test_a_recipe_without_output_is_an_error(page: str) -> None:
    with pytest.raises(ValueError, match=r"1"):
        list(recipes(page))
