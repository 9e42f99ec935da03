"""appointment_within_working_hours: an appointment is one slot of the doctor's grid, in the doctor's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from asyncpg import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.db.refusals import refused
from tests.support.factories import insert, make_doctor, make_patient

MINUTE = timedelta(minutes=1)


async def slots_on(db: Connection, doctor: int, day: date, zone: str) -> list[datetime]:
    """Return the starts of a doctor's slots on a local day, as of the day before."""
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    span = (midnight, midnight + timedelta(days=1), midnight.astimezone(UTC) - timedelta(days=1))
    rows = await db.fetch("SELECT starts_at FROM free_slots($1, $2, $3, $4)", doctor, *span)
    return [row["starts_at"].astimezone(ZoneInfo(zone)) for row in rows]


async def is_slot(db: Connection, doctor: int, start: datetime, minutes: int) -> bool:
    """Return whether the rule accepts a time as one of a doctor's slots."""
    during = asyncpg.Range(start, start + timedelta(minutes=minutes))
    rule = "SELECT appointment_within_working_hours(d, $2) IS NULL FROM doctor AS d WHERE account_id = $1"
    return bool(await db.fetchval(rule, doctor, during))


def clock(starts: list[datetime]) -> list[str]:
    """Return local times as HH:MM."""
    return [f"{start:%H:%M}" for start in starts]


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        # 02:00 becomes 03:00: nothing between
        ("America/New_York", date(2026, 3, 8), (60, 240), ["01:00", "01:30", "03:00", "03:30"]),
        # 02:00 becomes 01:00: the hour from 01:00 is worked twice
        (
            "America/New_York",
            date(2026, 11, 1),
            (0, 150),
            ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00"],
        ),
        ("Europe/Berlin", date(2026, 3, 29), (60, 240), ["01:00", "01:30", "03:00", "03:30"]),
        # the hour from 02:00 occurs twice; as the start or end of an interval, the second is used
        ("Europe/Berlin", date(2026, 10, 25), (120, 180), ["02:00", "02:30"]),
        # half an hour: 02:00 becomes 02:30, and back to 01:30
        ("Australia/Lord_Howe", date(2026, 10, 4), (60, 210), ["01:00", "01:30", "02:30", "03:00"]),
        ("Australia/Lord_Howe", date(2026, 4, 5), (60, 150), ["01:00", "01:30", "01:30", "02:00"]),
        ("Asia/Kolkata", date(2026, 3, 29), (540, 600), ["09:00", "09:30"]),
        # midnight does not exist on this day
        ("Africa/Cairo", date(2026, 4, 24), (0, 120), ["01:00", "01:30"]),
        ("America/Santiago", date(2026, 9, 6), (0, 120), ["01:00", "01:30"]),
        # a day that did not exist
        ("Pacific/Apia", date(2011, 12, 30), (0, 1440), []),
        # until midnight
        ("Europe/Berlin", date(2026, 7, 1), (1380, 1440), ["23:00", "23:30"]),
    ],
)
@pytest.mark.proves("appointment_within_working_hours")
async def test_on_the_days_when_clocks_change(
    owner: Connection, zone: str, day: date, hours: tuple[int, int], expected: list[str]
) -> None:
    doctor = await make_doctor(owner, timezone=zone, hours=((day.isoweekday(), *hours),))
    starts = await slots_on(owner, doctor, day, zone)
    assert clock(starts) == expected
    instants = [start.astimezone(UTC) for start in starts]
    assert all(later - earlier >= 30 * MINUTE for earlier, later in pairwise(instants))
    for start in instants:
        assert await is_slot(owner, doctor, start, 30)


async def test_apia_s_missing_day_leaves_its_neighbours_whole(owner: Connection) -> None:
    doctor = await make_doctor(owner, timezone="Pacific/Apia")
    for day in (date(2011, 12, 29), date(2011, 12, 31)):
        assert len(await slots_on(owner, doctor, day, "Pacific/Apia")) == 48


@pytest.mark.parametrize(
    ("minute", "minutes", "kept"),
    [(0, 30, True), (1, 30, False), (29, 30, False), (40, 30, True), (0, 29, False), (0, 31, False), (0, 60, False)],
)
@pytest.mark.proves("appointment_within_working_hours")
async def test_grid_and_length(owner: Connection, minute: int, minutes: int, kept: bool) -> None:
    doctor = await make_doctor(owner, slot_minutes=30, buffer_minutes=10, hours=((3, 540, 660),))
    start = datetime(2026, 7, 1, 9, 0, tzinfo=UTC) + minute * MINUTE  # a Wednesday
    assert await is_slot(owner, doctor, start, minutes) is kept


@pytest.mark.proves("appointment_within_working_hours")
async def test_to_the_second_and_less(owner: Connection) -> None:
    doctor = await make_doctor(owner, hours=((3, 540, 600),))
    nine = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    assert await is_slot(owner, doctor, nine, 30)
    for step in (timedelta(seconds=1), timedelta(microseconds=1), -timedelta(microseconds=1)):
        assert not await is_slot(owner, doctor, nine + step, 30)
    assert not await is_slot(owner, doctor, nine - 30 * MINUTE, 30)
    assert not await is_slot(owner, doctor, nine + 60 * MINUTE, 30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_rule_agrees_with_the_list(data: st.DataObject, owner: Connection, run_async: object) -> None:
    """free_slots lists exactly the starts that the rule accepts, for any hours on any day."""
    zone = data.draw(
        st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata"])
    )
    start = data.draw(st.integers(0, 1380))
    hours = (start, data.draw(st.integers(start + 10, 1440)))
    slot, buffer = data.draw(st.sampled_from([15, 20, 30, 45])), data.draw(st.sampled_from([0, 5, 10]))
    day = data.draw(st.dates(date(2026, 1, 1), date(2026, 12, 31)))

    async def compare() -> None:
        doctor = await make_doctor(
            owner, timezone=zone, slot_minutes=slot, buffer_minutes=buffer, hours=((day.isoweekday(), *hours),)
        )
        listed = {s.astimezone(UTC) for s in await slots_on(owner, doctor, day, zone)}
        midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        accepted = await owner.fetch(
            "SELECT s FROM doctor AS d, generate_series($2::timestamptz, $2 + interval '26 hours', interval '5 minutes') AS s"
            " WHERE account_id = $1 AND (s AT TIME ZONE d.timezone)::date = $3"
            " AND appointment_within_working_hours(d, tstzrange(s, s + make_interval(mins => d.slot_minutes))) IS NULL",
            doctor,
            midnight - timedelta(minutes=midnight.minute % 5),
            day,
        )
        in_steps = {s for s in listed if s.minute % 5 == 0}
        assert {row["s"].astimezone(UTC) for row in accepted} == in_steps
        for start in listed:
            assert await is_slot(owner, doctor, start, slot)

    run_async(compare())  # type: ignore[operator]  # the fixture's own type is checked where it is defined


@pytest.mark.proves("appointment_within_working_hours")
async def test_holds_for_every_writer(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    start = (datetime.now(UTC) + timedelta(days=2)).replace(minute=7, second=0, microsecond=0)
    during = asyncpg.Range(start, start + 30 * MINUTE)
    with refused("appointment_within_working_hours"):
        await app.fetch("SELECT * FROM book($1, $2, $3)", patient, doctor, start)
    for writer in (owner, admin):
        with refused("appointment_within_working_hours"):
            await insert(writer, "appointment", doctor_id=doctor, patient_id=patient, during=during)


@pytest.mark.proves("working_hours_no_overlap", "working_hours_minutes_valid", "working_hours_weekday_valid")
async def test_intervals_of_one_doctor_never_overlap(owner: Connection) -> None:
    doctor = await make_doctor(owner, hours=((1, 540, 720),))
    insert = "INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute) VALUES ($1, $2, $3, $4)"
    await owner.execute(insert, doctor, 1, 720, 1020)
    await owner.execute(insert, doctor, 2, 540, 720)
    with refused("working_hours_no_overlap"):
        await owner.execute(insert, doctor, 1, 1019, 1080)
    for start, end in ((-1, 60), (60, 60), (120, 60), (1380, 1441)):
        with refused("working_hours_minutes_valid"):
            await owner.execute(insert, doctor, 3, start, end)
    with refused("working_hours_weekday_valid"):
        await owner.execute(insert, doctor, 8, 0, 60)
