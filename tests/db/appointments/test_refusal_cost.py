"""The cost of a refusal: the rules are evaluated for the requested slot and for each alternative that is returned."""

import pytest
from asyncpg import Connection

from tests.support.db.offers import full_doctor
from tests.support.factories import a_slot, make_doctor, make_patient

NEAREST = "SELECT * FROM nearest_free_slots($1, $2, $3, NULL, 5)"
LOOKS = "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions WHERE funcname = 'booking_rules'"


@pytest.mark.parametrize(("room", "slots", "looks"), [(False, 0, 1), (True, 5, 6)])
async def test_a_full_doctor_is_looked_at_once(
    owner: Connection, root: Connection, *, room: bool, slots: int, looks: int
) -> None:
    doctor = await make_doctor(owner) if room else (await full_doctor(owner))[0]
    patient = await make_patient(owner)
    async with root.transaction():
        await root.execute("SET LOCAL track_functions = 'all'")
        assert len(await root.fetch(NEAREST, patient, doctor, a_slot())) == slots
        assert await root.fetchval(LOOKS) == looks
