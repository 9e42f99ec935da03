"""PostgreSQL and the model give the same answers and hold the same rows after any sequence of acts.

A run generates histories, and runs each in PostgreSQL and in the model, whose rules begin in model.py. After every step
both must have given the same answer (as many rows, or the same first broken rule) and hold the same rows. A history that
differs is shortened and printed. `./task soak:model` runs more and longer histories.

Time passes by making the rows older. No instant comes within two minutes of the clock: slots, and the time that passes,
are multiples of five minutes, holds are not, and a history that takes longer than a minute and a half is dropped.
"""

import os

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.robustness.model.model_actions import ComparedActions
from tests.robustness.model.model_postgres import Postgres, Run
from tests.support.servers.databases import Database

settings.register_profile(
    "model",
    max_examples=60,
    stateful_step_count=30,
    derandomize="CI" in os.environ,  # the same histories on each run of CI, new ones elsewhere
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining would take minutes
)
settings.register_profile("model-soak", settings.get_profile("model"), max_examples=3000, stateful_step_count=100)
settings.register_profile("dev", settings.get_profile("model"), phases=[Phase.generate])
PROFILE = os.environ.get("MODEL_PROFILE", "model")


@pytest.mark.timeout(0 if PROFILE == "model-soak" else 900)  # shortening a history may take five minutes
def test_postgresql_agrees_with_the_model(
    database: Database, app: asyncpg.Connection, admin: asyncpg.Connection, run_async: Run
) -> None:
    superuser = run_async(asyncpg.connect(database.superuser))
    ComparedActions.postgres = Postgres(app, admin, superuser, run_async)
    run_state_machine_as_test(ComparedActions, settings=settings.get_profile(PROFILE))
    run_async(superuser.close())
