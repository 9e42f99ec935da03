"""appointment_status_transition: the allowed first statuses and changes. An ended appointment stays ended."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

STATUSES = ["offered", "pending", "confirmed", "released", "expired", "canceled", "completed", "no_show"]
BROKEN = "SELECT appointment_status_transition($1, $2, $3, $4, $5) IS NOT NULL"
SECOND = timedelta(seconds=1)

# an appointment from 10:00 to 11:00 whose hold lapses at 09:00
HOLD, START, END = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 10, 11))
# the times at which each change is allowed, by old and new status
BEFORE_HOLD, AFTER_HOLD, DURING, AFTER = (datetime(2026, 3, 1, hour, 30, tzinfo=UTC) for hour in (8, 9, 10, 11))
LEGAL = {
    (None, "offered"): {BEFORE_HOLD, AFTER_HOLD, DURING, AFTER},
    (None, "pending"): {BEFORE_HOLD, AFTER_HOLD, DURING, AFTER},  # the booking window checks the time
    (None, "confirmed"): {BEFORE_HOLD, AFTER_HOLD, DURING, AFTER},
    ("offered", "offered"): {BEFORE_HOLD, AFTER_HOLD},
    ("offered", "pending"): {BEFORE_HOLD, AFTER_HOLD},
    ("offered", "confirmed"): {BEFORE_HOLD, AFTER_HOLD},
    ("offered", "released"): {BEFORE_HOLD, AFTER_HOLD, DURING, AFTER},
    ("pending", "pending"): {BEFORE_HOLD},
    ("pending", "confirmed"): {BEFORE_HOLD},
    ("pending", "canceled"): {BEFORE_HOLD},
    ("pending", "expired"): {AFTER_HOLD, DURING, AFTER},
    ("confirmed", "confirmed"): {BEFORE_HOLD, AFTER_HOLD},
    ("confirmed", "canceled"): {BEFORE_HOLD, AFTER_HOLD},
    ("confirmed", "completed"): {DURING, AFTER},
    ("confirmed", "no_show"): {DURING, AFTER},
    ("completed", "no_show"): {BEFORE_HOLD, AFTER_HOLD, DURING, AFTER},
    ("no_show", "completed"): {BEFORE_HOLD, AFTER_HOLD, DURING, AFTER},
}


@pytest.mark.parametrize("old", [None, *STATUSES])
@pytest.mark.proves("appointment_status_transition")
async def test_every_transition(owner: Connection, old: str | None) -> None:
    for new in STATUSES:
        allowed = set()
        for at in (BEFORE_HOLD, AFTER_HOLD, DURING, AFTER):
            if not await owner.fetchval(BROKEN, old, new, HOLD, asyncpg.Range(START, END), at):
                allowed.add(at)
        assert allowed == LEGAL.get((old, new), set()), (old, new)


@pytest.mark.parametrize(
    ("edge", "old", "until_then", "from_then"),
    [
        (HOLD, "pending", "canceled", "expired"),
        (START, "confirmed", "canceled", "completed"),
        (START, "confirmed", "confirmed", "no_show"),
        (END + timedelta(days=7) + SECOND, "no_show", "completed", None),
        (END + timedelta(days=7) + SECOND, "confirmed", "no_show", None),
    ],
)
@pytest.mark.proves("appointment_status_transition")
async def test_to_the_second(
    owner: Connection, edge: datetime, old: str, until_then: str, from_then: str | None
) -> None:
    for at in (edge - SECOND, edge):
        allowed = {
            new for new in STATUSES if not await owner.fetchval(BROKEN, old, new, HOLD, asyncpg.Range(START, END), at)
        }
        assert (until_then in allowed) is (at < edge)
        assert (from_then in allowed) is (from_then is not None and at >= edge)
