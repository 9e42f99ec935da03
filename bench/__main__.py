"""`python -m bench`: measures the named parts, or all, and prints a table for each."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.sandbox.errors import SandboxError
from bench import booking, cancel_to_mail, growth, processes, reads, rush, servers
from bench.stack import Stack, running_stack
from bench.wrk import PROGRAM

Part = Callable[..., Awaitable[str]]
PARTS: dict[str, tuple[str, Part]] = {
    "booking": ("Booking: the API compared with a bare handler and pgbench, 16 clients", booking.run),
    "reads": ("Reads: the API compared with pgbench, 16 clients", reads.run),
    "growth": ("Growth: the API with 10,000 to 1,000,000 appointments, 16 clients", growth.run),
    "servers": ("The API under uvicorn and under granian", servers.run),
    "rush": ("A rush of thousands of patients for the 30 seats of one doctor", rush.rush),
    "logins": ("Fifty concurrent logins and their effect on other requests", rush.logins),
    "processes": ("Memory and start-up time", processes.run),
    "cancel-to-mail": ("Time from the commit of a cancellation to the offers' mails", cancel_to_mail.run),
}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--full", is_flag=True, help="Take more samples and rounds.")
@click.option("--home", default=".", show_default=True, help="Folder for the servers' temporary data.")
def main(parts: tuple[str, ...], home: str, *, full: bool) -> None:
    """Measure PARTS, or all parts, each on a fresh database. Takes minutes in all, and longer with --full."""
    if not shutil.which(PROGRAM):
        raise click.ClickException(f"{PROGRAM} is not installed: install it (Debian: apt-get install {PROGRAM})")
    for name in parts or PARTS:
        title, part = PARTS[name]
        click.echo(f"\n### {title}\n")
        click.echo(asyncio.run(_measure(part, Path(home), full=full)))


async def _measure(part: Part, home: Path, *, full: bool) -> str:
    stack: Stack
    with TemporaryDirectory(prefix=".bench-", dir=home) as data:
        async with running_stack(Path(data)) as stack:
            return await part(stack, full=full)


try:
    main()
except SandboxError as error:
    sys.exit(str(error))
