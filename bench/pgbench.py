"""The upper limit: pgbench, PostgreSQL's load generator, running the same statements."""

import asyncio
import re
from contextvars import copy_context
from pathlib import Path

from app.db.driver import current_login, outbox_request_id, with_login_and_request_id
from app.sandbox.servers.postgres import bin_dir
from bench.rounds import Done
from bench.stack import Stack

PROCESSED = re.compile(r"number of transactions actually processed: (\d+)")
FAILED = re.compile(r"number of failed transactions: (\d+)")
RATE = re.compile(r"tps = ([\d.]+)")
# each client counts separately, and :n is unique in all transactions of all clients
NUMBER = "\\set i :i + 1\n\\set n :i * {clients} + :client_id\n"


async def run(stack: Stack, script: str, seconds: float, *, clients: int = 16) -> Done:
    """Run a script repeatedly for `seconds` as booking_app; `:n` counts from 0. Raises RuntimeError."""
    path = _written(stack.home / "pgbench.sql", NUMBER.format(clients=clients) + script)
    process = await asyncio.create_subprocess_exec(
        bin_dir() / "pgbench",
        *("--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=1", "--define=i=-1"),
        *(f"--time={round(seconds)}", f"--file={path}", stack.app_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PGSSLMODE": "disable"},
    )
    out, err = await process.communicate()
    report = out.decode()
    processed, failed, rate = PROCESSED.search(report), FAILED.search(report), RATE.search(report)
    if process.returncode or not (processed and rate) or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench failed: {report} {err.decode()}")
    return Done(int(processed[1]), int(processed[1]) / float(rate[1]))


def sent_for(account: object, request_id: str | None, statement: str, *arguments: object) -> str:
    """Return a statement as the API sends it, with pgbench expressions as arguments. `account` None means no login."""
    return copy_context().run(_sent_for, account, request_id, statement, *arguments)


def _sent_for(account: object, request_id: str | None, statement: str, *arguments: object) -> str:
    current_login.set((account, 1) if account else None)  # type: ignore[arg-type]  # a pgbench expression for the account's id
    outbox_request_id.set(f"'{request_id}'" if request_id else None)
    statement, arguments = with_login_and_request_id(statement, *arguments)
    for number, argument in reversed([*enumerate(arguments, 1)]):
        statement = statement.replace(f"${number}", str(argument))
    return f"{' '.join(statement.split())};\n"


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
