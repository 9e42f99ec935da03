"""`booking up` and `booking demo` play the whole story, as on a newcomer's machine."""

import asyncio
import re
import signal
import sys
from pathlib import Path

from httpx import AsyncClient

from tests.support.servers.sandbox_process import BookingUp


async def test_a_cancellation_sends_mails_to_waiting_patients(tmp_path: Path) -> None:
    home = tmp_path / "home"
    up = await BookingUp(home).start()
    try:
        stack = await up.ready()
        code, output = await play(home)
        assert code == 0, output
        assert "The 31st booking was refused: appointment_doctor_cap" in output
        assert_mails(output)
        async with AsyncClient(trust_env=False) as client:
            caught = (await client.get(f"{stack['mailbox']}/messages")).json()
        assert len({mail["message_id"] for mail in caught}) == len(caught)
        others = ("Please confirm", "On the waitlist")
        assert len([mail for mail in caught if not mail["subject"].startswith(others)]) == 4
    finally:
        await up.end(signal.SIGTERM)


async def test_without_a_stack_the_demo_says_how_to_start_one(tmp_path: Path) -> None:
    code, output = await play(tmp_path)
    assert code == 1
    assert "booking up" in output
    assert "Traceback" not in output


def assert_mails(output: str) -> None:
    """Check that the demo reports one mail about the cancellation and three about the free slot."""
    mails = re.findall(r"Mail to \d+, \d+\.\d+ s after the commit: (Free|Canceled)", output)
    assert sorted(mails) == ["Canceled"] + ["Free"] * 3


async def play(home: Path) -> tuple[int | None, str]:
    """Run the demo; return its exit code and output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "demo", "--home", str(home)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()
