"""Each log event is one line of JSON, or readable text in development, and never quotes an error."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

SECRET = "hush-hush"
TROUBLE = """
import asyncio, gc, logging, sys, warnings
from app.logs import capture_library_logs, configure_logs, log

configure_logs(debug=sys.argv[1] == "true")
capture_library_logs()

def fail():
    name = "hush" + "-hush"
    try:
        int(name)
    except ValueError as error:
        error.add_note(name)
        raise ExceptionGroup(name, [KeyError(name), RuntimeError(name)]) from error

async def fail_unnoticed():
    task = asyncio.create_task(fail_later())
    await asyncio.wait([task])

async def fail_later():
    fail()

class Frail:
    def __del__(self):
        fail()

try:
    fail()
except ExceptionGroup as error:
    log.error("caught", exc_info=error)
    logging.getLogger("a.library").exception("it went wrong")
    import traceback
    logging.getLogger("b.library").error(traceback.format_exc())
asyncio.run(fail_unnoticed())
gc.collect()
Frail()
warnings.warn("an old way")
logging.getLogger("a.library").info("unasked for")
logging.getLogger("a.library").log(35, "of a level of its own")
fail()
"""
EVENTS = ["caught", "a.library", "b.library", "asyncio", "error_ignored", "py.warnings", "a.library", "crashed"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"]}
    return subprocess.run(  # noqa: S603  our program
        [sys.executable, *arguments], env=kept | environment, capture_output=True, text=True, check=False, timeout=120
    )


def lines(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the log of a process in production, which writes nothing else."""
    assert ended.stderr == ""
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_logs_in_production_are_json_and_quote_no_error() -> None:
    ended = run("-c", TROUBLE, "false")
    logged = lines(ended)
    assert ended.returncode == 1
    assert [line["event"] for line in logged] == EVENTS
    assert all({"level", "timestamp"} <= line.keys() for line in logged)
    assert SECRET not in ended.stdout
    assert logged[1]["text"] == "it went wrong"
    for line in (logged[0], logged[1], logged[-1]):
        places = [part.split('"')[1::2][0] for part in line["exception"].splitlines() if part.startswith("  File")]
        assert places
        names = [part for part in line["exception"].splitlines() if not part.startswith(" ")]
        assert names == ["ValueError", "ExceptionGroup", "KeyError", "RuntimeError"]
    assert 'File "<string>"' in logged[2]["text"]


def test_logs_in_development_are_readable_and_quote_no_error() -> None:
    ended = run("-c", TROUBLE, "true")
    assert ended.stderr == ""
    assert [event for event in EVENTS if event not in ended.stdout] == []
    assert not ended.stdout.startswith("{")
    assert "\nValueError\n" in ended.stdout
    assert SECRET not in ended.stdout


RIGHT = {
    "SECRET_KEY": f"{SECRET}, and more than 32 characters of it",
    "DATABASE_URL": f"postgresql://booking_app:{SECRET}@127.0.0.1:1/booking",
    "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1/0",
    "EMAIL_HOST_PASSWORD": SECRET,
    "ALLOWED_HOSTS": "localhost",
}


def test_a_taken_port_is_logged_as_json() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = run("-m", "app.cli", "api", "--port", str(other.getsockname()[1]), **RIGHT)
    assert ended.returncode != 0
    (line,) = lines(ended)
    assert line["event"] == "uvicorn.error"
    assert "already in use" in line["text"]


@pytest.mark.parametrize("command", ["api", "worker"])
def test_an_error_at_start_is_logged_without_passwords(command: str) -> None:
    odd = RIGHT["REDIS_URL"] + f"?socket_timeout={SECRET}"  # the client parses it as a number
    ended = run("-m", "app.cli", command, **RIGHT | {"REDIS_URL": odd})
    assert ended.returncode == 1
    (line,) = lines(ended)
    assert (line["event"], line["level"]) == ("crashed", "critical")
    assert "ValueError" in line["exception"].splitlines()
    assert SECRET not in ended.stdout
