"""search_free_slots returns exactly the slots that free_slots returns for each doctor, in order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from asyncpg import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.factories import make_doctor, make_patient

ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "America/St_Johns"]
SEARCH = "SELECT doctor, starts_at, ends_at FROM search_free_slots($1, $2, $3, $4)"
UNION = """
    SELECT d.account_id, s.starts_at, s.ends_at
    FROM doctor AS d, free_slots(d.account_id, $2, $3) AS s
    WHERE $1::text IS NULL OR lower(d.specialty) = lower($1)
    ORDER BY s.starts_at, d.account_id
    LIMIT $4
"""
FREE = "SELECT tstzrange(starts_at, ends_at) AS slot FROM free_slots($1, '-infinity', 'infinity')"
BOOK = "INSERT INTO appointment (doctor_id, during, patient_id) VALUES ($1, $2, $3)"
TAKE_OFF = "INSERT INTO time_off (doctor_id, during) VALUES ($1, $2)"
HOUR = timedelta(hours=1)

intervals = st.tuples(st.integers(1, 7), st.integers(0, 1200), st.integers(30, 720)).map(
    lambda drawn: (drawn[0], drawn[1], min(sum(drawn[1:]), 1440))
)
doctors: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(ZONES),
        "slot_minutes": st.sampled_from([5, 20, 30, 45, 60]),
        "buffer_minutes": st.sampled_from([0, 5, 15]),
        "max_appointments": st.sampled_from([0, 1, 3, 30]),
        "hours": st.lists(intervals, max_size=7, unique_by=lambda interval: interval[0]).map(tuple),
        "specialty": st.sampled_from(["Eyes", "eyes", "Ears"]),
    }
)
spans = st.tuples(st.integers(-24, 400), st.integers(-1, 400))


async def fill(db: Connection, doctor: int, patient: int, places: list[int]) -> None:
    """Book some of a doctor's free slots, and block others with time off."""
    for place in places:
        free = await db.fetch(FREE, doctor)
        if free:
            slot = free[place % len(free)]["slot"]
            await (db.execute(BOOK, doctor, slot, patient) if place % 2 else db.execute(TAKE_OFF, doctor, slot))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_search_is_the_union_of_the_lists(data: st.DataObject, owner: Connection, run_async: Any) -> None:
    async def compare() -> None:
        async with owner.transaction():  # now() is constant in it
            for drawn in data.draw(st.lists(doctors, min_size=1, max_size=4)):
                doctor = await make_doctor(owner, **drawn)
                places = data.draw(st.lists(st.integers(0, 700), max_size=4))
                await fill(owner, doctor, await make_patient(owner), places)
            for specialty in (None, "EYES"):
                start, length = data.draw(spans)
                first = datetime.now(UTC) + start * HOUR
                asked = (specialty, first, first + length * HOUR, data.draw(st.sampled_from([1, 7, 60, 5000])))
                assert await owner.fetch(SEARCH, *asked) == await owner.fetch(UNION, *asked)
            await owner.execute("UPDATE doctor SET specialty = 'gone', max_appointments = 0")

    run_async(compare())
