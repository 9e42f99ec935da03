"""The cost of a sweep does not grow with waiting patients times free slots. The tests count function calls."""

from datetime import timedelta

from asyncpg import Connection

from tests.support.db.offers import CANCEL, DECLINE, full_doctor, offers, pass_time, waiting

WAITING = 6
CALLED = "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions WHERE funcname = $1"


async def test_a_declining_waitlist_is_planned_once(owner: Connection, root: Connection) -> None:
    doctor, holder, (appointment, *_) = await full_doctor(owner, seats=2)
    await waiting(owner, doctor, WAITING)
    await owner.fetch(CANCEL, holder, appointment)
    for _ in range(WAITING):
        for patient, offer in (await offers(owner, doctor)).items():
            await owner.fetch(DECLINE, patient, offer)
        await pass_time(root, doctor, timedelta(hours=1))
    async with root.transaction():
        await root.execute("SET LOCAL track_functions = 'all'")
        assert await root.fetch("SELECT * FROM doctor_to_sweep") == []
        # 6 entries times about 700 free slots exceeded the time limit of a sweep
        assert await root.fetchval(CALLED, "offer_plan") == 1
        assert await root.fetchval(CALLED, "was_offered") == 0


async def test_the_first_free_slot_that_suits_ends_the_search(owner: Connection, root: Connection) -> None:
    doctor, _, _ = await full_doctor(owner)
    await waiting(owner, doctor, WAITING)
    async with root.transaction():
        await root.execute("SET LOCAL track_functions = 'all'")
        await root.execute("UPDATE doctor SET max_appointments = $2 WHERE account_id = $1", doctor, 1 + WAITING)
        await root.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert 0 < await root.fetchval(CALLED, "was_offered") <= 10 * WAITING
    assert len(await offers(owner, doctor)) == WAITING


async def test_a_search_reads_a_waitlist_once(owner: Connection, root: Connection) -> None:
    doctor, holder, (appointment, *_) = await full_doctor(owner, seats=2, specialty="acupuncture")
    (patient,) = await waiting(owner, doctor, 1)
    await owner.fetch(CANCEL, holder, appointment)
    await owner.fetch(DECLINE, patient, (await offers(owner, doctor))[patient])
    async with root.transaction():
        await root.execute("SET LOCAL track_functions = 'all'")
        assert len(await root.fetch("SELECT * FROM search_free_slots('acupuncture', now(), 'infinity', 50)")) == 50
        assert await root.fetchval(CALLED, "reserved_slots") == 1
        assert await root.fetchval(CALLED, "slots_to_offer") == 0
