"""Payments stay consistent in random histories, at any statement of which a process may die.

A run generates histories. Patients book, pay and cancel, the doctor cancels, time passes, and PayPal fails, decides late
and sends webhooks in any order, twice or never. At any statement or call a process may be killed, or a request may wait
while others go on. In the end everything that still can happen does, and PostgreSQL is compared with PayPal's ledger.
A failing history is shortened and printed. `./task soak:payments` runs 1,000 histories.
"""

import os
from typing import ClassVar, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.robustness.crashes.actions import WEIGHTS, Action
from tests.robustness.crashes.clinic import Clinic, Harness
from tests.robustness.crashes.history import History
from tests.robustness.crashes.recovery import FinalOutcome, violations_after_recovery, violations_now
from tests.robustness.crashes.steps import HISTORIES, SOAK, counts
from tests.robustness.model.model_postgres import Run

BATCH = 50  # histories for each PayPal; a longer ledger takes long to read
PLAN = settings(
    max_examples=min(BATCH, HISTORIES),
    stateful_step_count=20,
    derandomize="CI" in os.environ and not SOAK,  # the same histories on each run of CI, new ones elsewhere
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining would take minutes
)

MOSTLY = st.sampled_from([True, True, True, False])
ACTS = st.builds(
    Action,
    name=st.sampled_from([name for name, times in WEIGHTS.items() for _ in range(times)]),
    number=st.sampled_from(range(1000)),
    verdict=st.sampled_from([None, None, "dies", "dies", "waits"]),
    point=st.none(),
)


class House(NamedTuple):
    harness: Harness
    run: Run


class Practice(RuleBasedStateMachine):
    house: ClassVar[House]

    @initialize(
        final_outcome=st.builds(FinalOutcome, MOSTLY, MOSTLY, st.booleans()),
        progress=st.sampled_from([0, 1, 2, 3, 3, 3, 3, 4]),
    )
    def begin(self, final_outcome: FinalOutcome, progress: int) -> None:
        """Begin with nothing or, in most histories, with a booking whose payment is approved already."""
        self.final_outcome = final_outcome
        self.history = History(self.house.run(Clinic.set(self.house.harness)))
        for _ in range(progress):
            self.house.run(self.history.do(Action("next")))

    @rule(action=ACTS)
    def do(self, action: Action) -> None:
        self.house.run(self._do(action))

    async def _do(self, action: Action) -> None:
        counts[f"acts: {action.name}"] += 1
        await self.history.do(action)
        assert not await violations_now(self.history.clinic, self.history.observed)

    def teardown(self) -> None:
        if hasattr(self, "history"):
            assert not self.house.run(violations_after_recovery(self.history.clinic, self.final_outcome))
            counts["histories"] += 1
            payments = self.house.run(self.history.clinic.observe()).payments
            counts.update(f"payments {payment['status']} in the end" for payment in payments)


@pytest.fixture(scope="module", params=range(-(-HISTORIES // BATCH)))
def batch(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.timeout(0 if SOAK else 900)  # shortening a history may take minutes
def test_money_and_slot_stay_consistent(harness: Harness, run_async: Run) -> None:
    Practice.house = House(harness, run_async)
    run_state_machine_as_test(Practice, settings=PLAN)
