"""A freed slot is offered to the waitlist, wave by wave, before it can be booked."""

from datetime import timedelta

import pytest
from asyncpg import Connection

from tests.support.db.offers import (
    CANCEL,
    CLAIM,
    DECLINE,
    JOIN,
    SWEEP,
    end_visit,
    free,
    freed_slot,
    full_doctor,
    offers,
    on_offer,
    pass_time,
    statuses,
    waiting,
)
from tests.support.db.refusals import refused, triggers_off
from tests.support.factories import a_slot, book, make_doctor, make_patient, make_patients

TAKE_OFF = "SELECT * FROM add_time_off($1, $2, $3, NULL, false)"


@pytest.mark.proves("offer_superseded", "tg_appointment__waitlist", "tg_offer__entry")
async def test_one_of_thirty_cancels_and_five_wait(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, holder, appointments = await full_doctor(owner, seats=30)
    five, stranger = await waiting(app, doctor, 5), await make_patient(owner)
    await app.fetch(CANCEL, holder, appointments[7])
    assert await on_offer(owner, doctor) == [a_slot(7)]
    assert list(await offers(owner, doctor)) == five[:3]
    assert await free(app, doctor) == []
    for slot, rule in ((7, "appointment_doctor_no_overlap"), (40, "appointment_doctor_cap")):
        with refused(rule):
            await book(app, stranger, doctor, a_slot(slot))
    await pass_time(root, doctor, timedelta(minutes=59))
    assert list(await offers(owner, doctor)) == five[:3]
    await pass_time(root, doctor, timedelta(minutes=2))
    made = await offers(owner, doctor)
    assert list(made) == five
    (claimed,) = await app.fetch(CLAIM, five[3], made[five[3]])
    assert (claimed["status"], claimed["patient"], claimed["appointment_date"]) == ("confirmed", five[3], a_slot(7))
    for patient in (*five[:3], five[4]):
        with refused("offer_superseded"):
            await app.fetch(CLAIM, patient, made[patient])
    assert await statuses(owner, doctor) == ["waiting", "waiting", "waiting", "fulfilled", "waiting"]
    active = "SELECT count(*) FROM appointment WHERE doctor_id = $1 AND seat IS NOT NULL"
    assert await owner.fetchval(active, doctor) == 30


async def test_only_those_of_the_date(owner: Connection, app: Connection) -> None:
    doctor, holder, (appointment,) = await full_doctor(owner)
    day, patients = a_slot().date(), await make_patients(owner, 4)
    for patient, wish in zip(patients, (day + timedelta(days=1), day, None, day), strict=True):
        await app.fetch(JOIN, patient, doctor, wish)
    await app.fetch(CANCEL, holder, appointment)
    # there are free slots on the other patients' days, but only one place, and these patients come first
    assert len(await on_offer(owner, doctor)) == 1


async def test_an_entry_for_another_day_gets_no_offer(owner: Connection, app: Connection) -> None:
    hours = tuple((day, 600, 630) for day in range(1, 8))
    start = a_slot().replace(hour=10, minute=0) + timedelta(days=1)
    doctor, (holder, *patients) = await make_doctor(owner, hours=hours, fee=0), await make_patients(owner, 4)
    days = [start + timedelta(days=n) for n in (0, 1)]
    appointments = [await book(app, holder, doctor, at) for at in days]
    for patient, at in zip(patients, (days[1], days[0], days[0]), strict=True):
        await app.fetch(JOIN, patient, doctor, at.date())
    await app.fetch(CANCEL, holder, appointments[0])
    assert list(await offers(owner, doctor)) == patients[1:]
    assert await on_offer(owner, doctor) == days[:1]
    assert days[0] not in await free(app, doctor)


async def test_a_seat_is_freed_while_its_own_slot_is_blocked(owner: Connection, app: Connection) -> None:
    doctor, _, appointments = await full_doctor(owner, seats=2)
    (patient,) = await waiting(app, doctor, 1)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, true)", doctor, appointments[0])
    (start,) = await on_offer(owner, doctor)
    assert start not in (a_slot(0), a_slot(1))
    assert list(await offers(owner, doctor)) == [patient]
    assert await free(app, doctor) == []


async def test_each_waiting_patient_is_offered_one_of_several(owner: Connection, app: Connection) -> None:
    """The places are freed at once or one by one. None can be booked while a patient waits for it."""
    for at_once in (True, False):
        doctor, holder, appointments = await full_doctor(owner, seats=6)
        five = await waiting(app, doctor, 5)
        if at_once:
            await app.fetch("SELECT * FROM bulk_cancel($1, NULL, NULL, NULL, false, false)", doctor)
        else:
            for appointment in appointments:
                await app.fetch(CANCEL, holder, appointment)
        assert len(await on_offer(owner, doctor)) == 5
        assert {*await on_offer(owner, doctor)} < {a_slot(n) for n in range(6)}
        assert {*await offers(owner, doctor)} == {*five}
        assert len(await free(app, doctor)) > 1


async def test_a_claim_that_is_not_paid_for_returns(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, made = await freed_slot(owner, 2, fee=100)
    first, second = made
    (claimed,) = await app.fetch(CLAIM, first, made[first])
    assert (claimed["status"], claimed["fee"]) == ("pending", 100)
    assert await statuses(owner, doctor) == ["offered", "waiting"]
    async with triggers_off(root):
        await root.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", claimed["id"])
    assert await free(app, doctor) == []
    with refused("appointment_doctor_no_overlap"):
        await book(app, await make_patient(owner), doctor, a_slot())
    await app.execute(SWEEP, doctor)
    assert await on_offer(owner, doctor) == [a_slot()]
    assert list(await offers(owner, doctor)) == [second]
    assert await statuses(owner, doctor) == ["waiting", "offered"]
    again = await offers(owner, doctor)
    await app.fetch(DECLINE, second, again[second])
    # both have had an offer, so the slot can be booked
    assert await on_offer(owner, doctor) == []
    assert a_slot() in await free(app, doctor)


@pytest.mark.proves("offer_superseded")
async def test_unanswered_offers_expire(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, made = await freed_slot(owner, 2)
    await pass_time(root, doctor, timedelta(hours=3, minutes=59))
    assert await offers(owner, doctor) == made
    await pass_time(root, doctor, timedelta(minutes=1))
    assert await offers(owner, doctor) == {}
    assert await statuses(owner, doctor) == ["waiting", "waiting"]
    for patient, offer in made.items():
        with refused("offer_superseded"):
            await app.fetch(CLAIM, patient, offer)
    await book(app, await make_patient(owner), doctor, a_slot())


@pytest.mark.proves("tg_offer__entry")
async def test_a_declining_patient_stays_in_line(owner: Connection, app: Connection) -> None:
    doctor, holder, appointments = await full_doctor(owner, seats=2)
    first, second = await waiting(app, doctor, 2)
    await app.fetch(CANCEL, holder, appointments[0])
    made = await offers(owner, doctor)
    (answer,) = await app.fetch(DECLINE, first, made[first])
    assert answer["status"] == "declined"
    assert await statuses(owner, doctor) == ["waiting", "offered"]
    with refused("offer_status_transition"):
        await app.fetch(CLAIM, first, made[first])
    assert list(await offers(owner, doctor)) == [second]
    await app.fetch(CANCEL, holder, appointments[1])
    assert {*await offers(owner, doctor)} == {first, second}
    assert await on_offer(owner, doctor) == [a_slot(0), a_slot(1)]


async def test_a_lapsed_hold_is_offered(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, holder, (_, hold) = await full_doctor(owner, seats=2, fee=100)
    (patient,) = await waiting(app, doctor, 1)
    async with triggers_off(root):
        await root.execute("UPDATE appointment SET hold_expires_at = now() WHERE id = $1", hold)
    assert await free(app, doctor) == []
    rules = await app.fetch("SELECT rule FROM explain_booking($1, $2, $3)", holder, doctor, a_slot(1))
    assert "appointment_doctor_no_overlap" in [row["rule"] for row in rules]
    assert doctor in [row["doctor_id"] for row in await app.fetch("SELECT doctor_id FROM doctor_to_sweep")]
    await app.execute(SWEEP, doctor)
    assert await on_offer(owner, doctor) == [a_slot(1)]
    assert list(await offers(owner, doctor)) == [patient]


async def test_a_visit_that_ends_frees_a_seat(owner: Connection, app: Connection, root: Connection) -> None:
    doctor, holder, (appointment,) = await full_doctor(owner, seats=1)
    (patient,) = await waiting(app, doctor, 1)
    await end_visit(root, appointment)
    assert await free(app, doctor) == []
    with refused("appointment_doctor_cap"):
        await book(app, holder, doctor, a_slot(3))
    await app.execute(SWEEP, doctor)
    assert list(await offers(owner, doctor)) == [patient]


@pytest.mark.proves("tg_waitlist_entry__offers")
async def test_a_patient_who_left_has_no_offer(owner: Connection, app: Connection, admin: Connection) -> None:
    doctor, made = await freed_slot(owner)
    ((patient, offer),) = made.items()
    await admin.execute("UPDATE waitlist_entry SET status = 'left' WHERE patient_id = $1", patient)
    with refused("offer_status_transition"):
        await app.fetch(CLAIM, patient, offer)
    await app.execute(SWEEP, doctor)
    assert await on_offer(owner, doctor) == []


async def test_a_pause_and_preferences(owner: Connection, app: Connection) -> None:
    doctor, holder, appointments = await full_doctor(owner, seats=2)
    first, second, third = await make_patients(owner, 3)
    entry = await app.fetchval(JOIN, first, doctor, None)
    await app.fetch("SELECT * FROM pause_waitlist($1, $2)", first, entry)
    early = (a_slot().time(), a_slot().time())
    await app.fetch("SELECT * FROM join_waitlist($1, $2, NULL, $3, $4, 0)", second, doctor, *early)
    await app.fetch("SELECT * FROM join_waitlist($1, $2, NULL, NULL, NULL, $3)", third, doctor, 5 * 24 * 60)
    await app.fetch(CANCEL, holder, appointments[0])
    assert list(await offers(owner, doctor)) == [second]
    await app.fetch("SELECT * FROM resume_waitlist($1, $2)", first, entry)
    assert list(await offers(owner, doctor)) == [second, first]
    await app.fetch("SELECT * FROM pause_waitlist($1, $2)", first, entry)
    assert list(await offers(owner, doctor)) == [second]


async def test_a_patient_canceled_by_the_doctor_comes_first(owner: Connection, app: Connection) -> None:
    doctor, holder, appointments = await full_doctor(owner, seats=2)
    (patient,) = await waiting(app, doctor, 1)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, true)", doctor, appointments[0])
    (answer,) = await app.fetch("SELECT * FROM join_waitlist($1, $2, NULL)", holder, doctor)
    assert answer["position"] == 1
    line = "SELECT array_agg(patient_id ORDER BY priority_class, id) FROM waitlist_entry WHERE doctor_id = $1"
    assert await owner.fetchval(line, doctor) == [holder, patient]


async def test_a_move_to_the_slot_that_is_offered(owner: Connection, app: Connection) -> None:
    doctor, holder, appointments = await full_doctor(owner, seats=2)
    await app.fetch(JOIN, holder, doctor, None)
    (other,) = await waiting(app, doctor, 1)
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", doctor, appointments[0])
    assert list(await offers(owner, doctor)) == [holder, other]
    await app.fetch("SELECT * FROM reschedule_as_patient($1, $2, $3)", holder, appointments[1], a_slot(0))
    assert await statuses(owner, doctor) == ["fulfilled", "offered"]
    assert await on_offer(owner, doctor) == [a_slot(1)]


async def test_a_start_that_is_too_near(owner: Connection, app: Connection) -> None:
    doctor, (holder, patient) = await make_doctor(owner, max_appointments=1, fee=0), await make_patients(owner, 2)
    near = a_slot(after=timedelta(minutes=30))
    appointment = await book(app, holder, doctor, near)
    await app.fetch(JOIN, patient, doctor, near.date())
    await app.fetch("SELECT * FROM cancel_as_doctor($1, $2, NULL, false)", doctor, appointment)
    assert near not in await on_offer(owner, doctor)
