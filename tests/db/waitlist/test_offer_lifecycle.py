"""offer_status_transition, offer_immutable: an offer is answered once and never changed."""

import pytest
from asyncpg import Connection

from tests.support.db.offers import CLAIM, DECLINE, freed_slot, on_offer
from tests.support.db.refusals import refused
from tests.support.factories import a_slot, make_patient

STATUSES = ("queued", "sent", "accepted", "declined", "expired", "superseded")


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.proves("offer_status_transition")
async def test_every_transition(owner: Connection, old: str) -> None:
    ends = {"accepted", "declined", "expired", "superseded"}
    legal = {"queued": ends | {"sent"}, "sent": ends}
    for new in STATUSES:
        why = await owner.fetchval("SELECT offer_status_transition($1, $2)", old, new)
        assert (why is None) is (new in legal.get(old, set())), (old, new)


@pytest.mark.proves("offer_status_transition", "tg_offer__rules")
async def test_an_offer_is_answered_once(owner: Connection, app: Connection) -> None:
    _, made = await freed_slot(owner)
    ((patient, offer),) = made.items()
    assert await app.fetch(CLAIM, await make_patient(owner), offer) == []
    await app.fetch(CLAIM, patient, offer)
    for statement in (CLAIM, DECLINE):
        with refused("offer_status_transition"):
            await app.fetch(statement, patient, offer)
    for status in ("accepted", "queued"):
        with refused("offer_status_transition"):
            await owner.execute("UPDATE offer SET status = $2 WHERE id = $1", offer, status)


@pytest.mark.parametrize(
    "change",
    [
        "wave = 2",
        "expires_at = expires_at + interval '1 s'",
        "created_at = now()",
        "appointment_id = appointment_id - 1",
    ],
)
@pytest.mark.proves("offer_immutable", "tg_offer__rules")
async def test_only_the_status_changes(owner: Connection, change: str) -> None:
    _, made = await freed_slot(owner)
    with refused("offer_immutable"):
        await owner.execute(f"UPDATE offer SET {change} WHERE id = ANY ($1)", list(made.values()))


@pytest.mark.proves("appointment_immutable")
async def test_a_slot_on_offer_stays_where_it_is(owner: Connection, app: Connection) -> None:
    doctor, _ = await freed_slot(owner)
    slot = await owner.fetchval("SELECT id FROM appointment WHERE doctor_id = $1 AND status = 'offered'", doctor)
    with refused("appointment_immutable"):
        await app.fetch("SELECT * FROM reschedule_as_doctor($1, $2, $3, false)", doctor, slot, a_slot(5))
    with refused("appointment_status_transition"):
        await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", doctor, slot)
    assert await on_offer(owner, doctor) == [a_slot()]
