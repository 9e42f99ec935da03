"""Every mail arrives while workers are killed, the mail server fails, Redis is flushed and connections are cut."""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection
from redis.asyncio import Redis

from tests.robustness.chaos.random_load import Booked
from tests.support.factories import a_slot, book, make_doctor, make_patients
from tests.support.mail.faulty_mailboxes import RandomlyFailingMailbox
from tests.support.mail.scenarios import JOIN, is_settled
from tests.support.servers.databases import Database
from tests.support.servers.worker_process import WorkerProcess, eventually
from tests.workers.conftest import StartWorker

DOCTORS = int(os.environ.get("BOOKING_SOAK_DOCTORS", "8"))
EACH, PATIENTS, WORKERS = 25, 100, 3  # each doctor has 25 appointments
SECONDS = 20  # of chaos, at least
FAILURES = 300  # of the mail server, at least
SETTLING = 240  # seconds; 35 are usual, because the jobs of a killed worker wait for 25 to 30

CANCEL_AS_PATIENT = "SELECT cancel_as_patient($1, $2)"
CANCEL_AS_DOCTOR = "SELECT cancel_as_doctor($1, $2, 'ill', false)"
CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'booking-listener' AND datname = current_database()
"""
REQUEUE = "UPDATE notification SET due_at = now() WHERE status = 'queued' AND due_at > now() + interval '20 s'"
ROWS = "SELECT n.*, r.email FROM notification AS n INNER JOIN account AS r ON r.id = n.account_id"
QUEUED = """
    SELECT id, kind, account_id, attempts, due_at - now() AS due_in, outcome FROM notification WHERE status = 'queued'
"""
REASONS = {"the appointment has changed", "the offer is superseded", "the waitlist entry has ended"}


class Practice(NamedTuple):
    booked: list[Booked]
    waiting: list[tuple[int, int]]  # patient and doctor


@pytest.fixture
def rng() -> random.Random:
    """Decides what fails and when. BOOKING_CHAOS_SEED repeats its decisions, though not the timing of the processes."""
    seed = int(os.environ.get("BOOKING_CHAOS_SEED") or random.randrange(10**9))
    print(f"BOOKING_CHAOS_SEED={seed}")  # noqa: T201  pytest shows it if the test fails
    return random.Random(seed)


@pytest_asyncio.fixture
async def mailbox(rng: random.Random) -> AsyncIterator[RandomlyFailingMailbox]:
    box = RandomlyFailingMailbox(rng)
    await box.start()
    yield box
    await box.stop()


async def fill_up(owner: Connection, app: Connection) -> Practice:
    """Book every doctor up. Two patients wait for every fifth doctor."""
    patients, practice = await make_patients(owner, PATIENTS), Practice([], [])
    for number in range(DOCTORS):
        doctor = await make_doctor(owner, fee=Decimal(0), max_appointments=EACH)
        for slot in range(EACH):
            patient = patients[(number + slot * DOCTORS) % PATIENTS]
            practice.booked.append(Booked(await book(app, patient, doctor, a_slot(slot)), doctor, patient))
        if number % 5 == 0:
            practice.waiting.extend((patient, doctor) for patient in await make_patients(owner, 2))
    for patient, doctor in practice.waiting:
        await app.fetch(JOIN, patient, doctor, None)
    return practice


async def cancel_everything(database: Database, practice: Practice, rng: random.Random) -> None:
    """Cancel every appointment, a fifth of them by the doctor. Then book for half of the patients who wait."""
    app = await asyncpg.connect(database.app)
    for it in rng.sample(practice.booked, len(practice.booked)):
        by_doctor = rng.random() < 0.2
        caller, statement = (it.doctor, CANCEL_AS_DOCTOR) if by_doctor else (it.patient, CANCEL_AS_PATIENT)
        assert await app.fetch(statement, caller, it.id)
        await asyncio.sleep(SECONDS / len(practice.booked) / 2)
    for patient, doctor in practice.waiting[::2]:
        await book(app, patient, doctor, a_slot(EACH))
    await app.close()


class Chaos:
    def __init__(self, rng: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._dice = rng
        self._until = time.monotonic() + SECONDS

    async def kill(self, worker: WorkerProcess) -> None:
        """Kill a worker with SIGKILL and restart it, again and again, at least once."""
        killed = False
        while time.monotonic() < self._until or not killed:
            await asyncio.sleep(self._dice.uniform(0.5, 6))
            await worker.kill()
            killed = True
            self.done["kills"] += 1
            await worker.start()

    async def flush(self, redis: Redis) -> None:
        await asyncio.sleep(self._dice.uniform(0.2, 0.8) * SECONDS)
        await redis.flushdb()

    async def cut(self, app: Connection) -> None:
        """Cut the connections that listen, again and again, at least one."""
        while time.monotonic() < self._until or not self.done["cuts"]:
            await asyncio.sleep(self._dice.uniform(0.5, 5))
            self.done["cuts"] += await app.fetchval(CUT)


@contextlib.asynccontextmanager
async def fast_retries(owner: Connection) -> AsyncIterator[None]:
    """Retry mails at once that would wait longer than 20 s, except mails that are being sent."""

    async def requeue() -> None:
        while True:
            await owner.execute(REQUEUE)
            await asyncio.sleep(1)

    task = asyncio.create_task(requeue())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def check(owner: Connection, mailbox: RandomlyFailingMailbox, practice: Practice) -> None:
    """Check that every notification is sent or skipped, and that the mailbox has the sent mails and no others."""
    rows = {f"<{row['message_id']}@clinic.example>": row for row in await owner.fetch(ROWS)}
    assert {row["status"] for row in rows.values()} == {"sent", "skipped"}
    assert {row["outcome"] for row in rows.values() if row["status"] == "skipped"} <= REASONS
    assert {row["outcome"] for row in rows.values() if row["status"] == "sent"} == {None}
    canceled = {
        (row["appointment_id"], row["account_id"]) for row in rows.values() if row["kind"] == "appointment_canceled"
    }
    assert {(it.id, it.patient) for it in practice.booked} <= canceled
    arrived = {message.message_id for message in mailbox.messages}
    assert {message_id for message_id, row in rows.items() if row["status"] == "sent"} <= arrived
    # a worker may be killed after it has sent a mail and before it has recorded that; the mail may be skipped later
    assert arrived <= {message_id for message_id, row in rows.items() if row["attempts"]}
    assert all(message.to == rows[message.message_id]["email"] for message in mailbox.messages)


async def no_job_is_left(redis: Redis) -> bool:
    """Whether SAQ has no mail job left, queued or active."""
    lists = [await redis.lrange(f"saq:booking:{name}", 0, -1) for name in ("active", "queued")]
    jobs = [*lists[0], *lists[1], *await redis.zrange("saq:booking:incomplete", 0, -1)]
    return not any(":deliver:" in str(job) for job in jobs)


async def unfinished_work(owner: Connection, redis: Redis) -> str:
    """Return the unsent notifications and the jobs of SAQ: only both together show what waits for what."""
    rows = [str(dict(row)) for row in await owner.fetch(QUEUED)]
    jobs = await redis.zrange("saq:booking:incomplete", 0, -1)
    records = await redis.mget(*jobs) if jobs else []
    lists = {name: await redis.lrange(f"saq:booking:{name}", 0, -1) for name in ("active", "queued")}
    return "\n".join(["left in the outbox:", *rows, f"jobs: {jobs}", f"their records: {records}", f"lists: {lists}"])


@pytest.mark.timeout(600)
async def test_every_mail_arrives(
    database: Database,
    owner: Connection,
    app: Connection,
    redis: Redis,
    mailbox: RandomlyFailingMailbox,
    make_worker: StartWorker,
    rng: random.Random,
) -> None:
    """200 cancellations, while three workers are killed, half of the deliveries fail, Redis is flushed once and
    listening connections are cut. `./task soak:chaos` makes 500.

    Afterwards the mail server recovers, and pauses of more than 20 s are cut short: otherwise a few of the mails, three
    for each cancellation, would need ten attempts or more, which takes almost an hour.
    """
    practice = await fill_up(owner, app)
    workers = [make_worker() for _ in range(WORKERS)]
    await asyncio.gather(*(worker.start() for worker in workers))
    chaos = Chaos(rng)
    await asyncio.gather(
        cancel_everything(database, practice, rng),
        chaos.flush(redis),
        chaos.cut(app),
        *(chaos.kill(worker) for worker in workers),
    )
    async with fast_retries(owner):
        await eventually(partial(mailbox.has_failed, FAILURES), seconds=SETTLING)
        mailbox.is_failing = False
        try:
            await eventually(partial(is_settled, app), seconds=SETTLING)
        except TimeoutError:
            pytest.fail(await unfinished_work(owner, redis))
    await check(owner, mailbox, practice)
    await eventually(partial(no_job_is_left, redis), seconds=SETTLING)
    for worker in workers:
        worker.terminate()
        assert await worker.wait() == 0
        assert not worker.logged("crashed")
    twice = len(mailbox.messages) - len({message.message_id for message in mailbox.messages})
    print(  # noqa: T201  figures for people
        f"{dict(chaos.done)}, {mailbox.failures} of {mailbox.attempts} attempts failed, {twice} mails arrived again"
    )
