"""Every rule has a test that fails without it.

Each thing that enforces a rule is removed or weakened, one at a time, in a database of its own. The tests that claim to
prove the rule run there. If they pass, the mutant survives: the rule has no test.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from app.domain.rules import RULES
from tests.robustness.mutation.mutants import Mutant, mutants
from tests.robustness.mutation.proof_runner import ProofRunner, collected
from tests.support.rules.reference import RULES_PAGE, rules_page
from tests.support.servers.databases import url_for

AT_ONCE = 2
ONE_RULE = os.environ.get("BOOKING_MUTATED_RULE")  # runs only the mutants of this rule
QUICK = "tests/db/schema/test_tables.py"


@pytest_asyncio.fixture(scope="module")
async def proof_runner(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ProofRunner]:
    async with collected(tmp_path_factory.mktemp("proof_runner") / "collected.log") as proof_runner:
        yield proof_runner


@pytest.fixture(scope="module")
def proofs_by_rule(proof_runner: ProofRunner) -> dict[str, list[str]]:
    """The tests that claim to prove each rule and trigger, the quick ones first: the first failure ends a run."""
    return {
        name: sorted(tests, key=lambda test: not test.startswith(QUICK)) for name, tests in proof_runner.proofs.items()
    }


@pytest_asyncio.fixture(scope="module")
async def every_mutant(superuser: str, template: str) -> list[Mutant]:
    db = await asyncpg.connect(url_for(superuser, template))
    try:
        return await mutants(db)
    finally:
        await db.close()  # a database with a connection cannot be cloned


def test_every_rule_names_the_tests_that_prove_it(
    proofs_by_rule: dict[str, list[str]], every_mutant: list[Mutant]
) -> None:
    mutated = {mutant.rule for mutant in every_mutant}
    assert set(RULES) <= mutated, "these rules have no mutant"
    assert set(proofs_by_rule) == mutated


async def test_the_page_of_rules_names_them(
    superuser: str, template: str, proofs_by_rule: dict[str, list[str]]
) -> None:
    db = await asyncpg.connect(url_for(superuser, template))
    try:
        if db.get_server_version().major < 18:
            pytest.skip("the page quotes PostgreSQL 18")
        assert RULES_PAGE.read_text("utf-8") == await rules_page(db, proofs_by_rule), (
            "docs/rules.md is out of date: ./task docs"
        )
    finally:
        await db.close()


@pytest.mark.timeout(3600)
async def test_no_mutant_survives(
    superuser: str,
    template: str,
    proof_runner: ProofRunner,
    proofs_by_rule: dict[str, list[str]],
    every_mutant: list[Mutant],
    tmp_path: Path,
) -> None:
    tried = [mutant for mutant in every_mutant if ONE_RULE in {None, mutant.rule}]
    assert tried, f"no mutant is of {ONE_RULE}"
    turn = asyncio.Semaphore(AT_ONCE)

    async def run(name: str, mutation: str, tests: list[str]) -> int | None:
        server = {"TEST_DATABASE_URL": superuser, "BOOKING_TEST_TEMPLATE": template}
        async with turn:
            for _ in range(3):  # a busy machine may fail to clone the template
                code = await proof_runner.exit_code(
                    tests, server | {"BOOKING_TEST_MUTATION": mutation}, tmp_path / f"{name}.log"
                )
                if code in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
                    break
            return code

    # one test of each file must pass without a mutation, which shows that the tests can run here
    by_file = {test.partition("::")[0]: test for mutant in tried for test in proofs_by_rule[mutant.rule]}
    unharmed, *codes = await asyncio.gather(
        run("unharmed", "", sorted(by_file.values())),
        *(run(str(number), mutant.sql, proofs_by_rule[mutant.rule]) for number, mutant in enumerate(tried)),
    )
    assert unharmed == pytest.ExitCode.OK, f"{tmp_path}/unharmed.log"
    survivors = [str(mutant) for mutant, code in zip(tried, codes, strict=True) if code == pytest.ExitCode.OK]
    assert not survivors, "rules without a test:\n" + "\n".join(survivors)
    not_run = [number for number, code in enumerate(codes) if code != pytest.ExitCode.TESTS_FAILED]
    logs = "\n".join((tmp_path / f"{number}.log").read_text()[-3000:] for number in not_run)
    assert not not_run, f"these tests could not run:\n{logs}"
