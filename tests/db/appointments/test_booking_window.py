"""appointment_booking_window: an appointment starts in the future, at most 360 hours ahead."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Connection

from tests.support.db.refusals import refused
from tests.support.factories import SLOT, a_slot, book, insert, make_doctor, make_patient

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("start", "kept"),
    [
        (AT - SECOND, False),
        (AT, False),
        (AT + SECOND, True),
        (AT + timedelta(hours=360) - SECOND, True),
        (AT + timedelta(hours=360), True),
        (AT + timedelta(hours=360) + SECOND, False),
        (datetime(9999, 12, 31, tzinfo=UTC), False),
    ],
)
@pytest.mark.proves("appointment_booking_window")
async def test_to_the_second(owner: Connection, start: datetime, kept: bool) -> None:
    why = await owner.fetchval("SELECT appointment_booking_window($1, $2)", start, AT)
    assert (why is None) is kept


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Apia"])
@pytest.mark.proves("appointment_booking_window")
async def test_is_hours_whatever_the_session_s_zone(owner: Connection, zone: str) -> None:
    # New York changes its clocks on 8 March 2026: 15 calendar days would be an hour short
    await owner.execute(f"SET timezone = '{zone}'")
    edge = AT + timedelta(hours=360)
    assert await owner.fetchval("SELECT appointment_booking_window($1, $2)", edge, AT) is None
    assert await owner.fetchval("SELECT appointment_booking_window($1, $2)", edge + SECOND, AT) is not None


@pytest.mark.proves("appointment_booking_window", "tg_appointment__rules")
async def test_holds_for_every_writer(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, patient = await make_doctor(owner), await make_patient(owner)
    for start in (a_slot(after=timedelta(days=15)), a_slot(-3, after=timedelta(0))):
        during = asyncpg.Range(start, start + SLOT)
        with refused("appointment_booking_window"):
            await book(app, patient, doctor, start)
        for writer in (owner, admin):
            with refused("appointment_booking_window"):
                await insert(writer, "appointment", doctor_id=doctor, patient_id=patient, during=during)


async def test_the_slots_to_either_side_of_the_edge(owner: Connection, app: Connection) -> None:
    doctor, patient = await make_doctor(owner, slot_minutes=5), await make_patient(owner)
    last = await app.fetchval("SELECT max(starts_at) FROM free_slots($1, '-infinity', 'infinity')", doctor)
    assert timedelta(hours=360) - timedelta(minutes=5) < last - datetime.now(UTC) <= timedelta(hours=360)
    await book(app, patient, doctor, last)
    with refused("appointment_booking_window"):
        await book(app, patient, doctor, last + timedelta(minutes=10))
