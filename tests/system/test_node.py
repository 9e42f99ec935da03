"""A client written for Node, with its built-in `fetch`."""

import json
from pathlib import Path

from asyncpg import Connection

from tests.system.programs import run_program

SCRIPT = Path(__file__).with_name("booking_client.mjs")


async def test_it_registers_logs_in_and_books(api_url: str, owner: Connection, tmp_path: Path) -> None:
    run = await run_program("node", SCRIPT, api_url, home=tmp_path)
    assert run.code == 0, run.err
    appointment = json.loads(run.out)
    assert (
        await owner.fetchval("SELECT patient_id FROM appointment WHERE id = $1", appointment["id"])
        == appointment["patient"]
    )
