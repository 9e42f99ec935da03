"""Runs `booking ...` in a process of its own."""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from app.sandbox.stack.service import ROOT
from tests.support.servers.sandbox_process import NOT_OURS


class CommandResult(NamedTuple):
    code: int | None
    out: str
    err: str


async def booking(*arguments: str, given: Mapping[str, str] | None = None, input_text: str = "") -> CommandResult:
    """Run a command with these environment variables and this input; wait until it ends."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS and not name.startswith("PG")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", *arguments),
        cwd=ROOT,
        env={**kept, **(given or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(input_text.encode())
    return CommandResult(process.returncode, out.decode(), err.decode())
