"""A Node.js client that uses fetch()."""

import json
import subprocess
from asyncio import to_thread
from pathlib import Path

from asyncpg import Connection

from app.sandbox.stack.service import Api
from tests.support.factories import make_doctor
from tests.system.programs import find

CLIENT = Path(__file__).with_name("client.mjs")


async def test_it_books(api: Api, owner: Connection) -> None:
    doctor = await make_doctor(owner, fee=0)
    command = [find("node", package="nodejs"), str(CLIENT), api.url, str(doctor)]
    run = await to_thread(subprocess.run, command, check=False, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    booked = json.loads(run.stdout)
    assert (booked["status"], booked["doctor"]) == ("confirmed", doctor)
    assert await owner.fetchval("SELECT status FROM appointment WHERE id = $1", booked["id"]) == "confirmed"
