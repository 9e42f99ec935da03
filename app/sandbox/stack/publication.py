"""Publishes the addresses of the running stack: in `stack.json`, and in the summary at the terminal."""

import json
import os
import shlex
import sys
from pathlib import Path

from app.sandbox.files import write_private
from app.sandbox.stack.backends import Backends
from app.sandbox.stack.service import Api, Worker


def write_stack_file(home: Path, backends: Backends, api: Api, worker: Worker) -> None:
    """Write `stack.json`, with mode 0600 because it contains passwords."""
    description = {
        "api": api.url,
        "docs": f"{api.url}/docs",
        "mailbox": backends.mailbox.url if backends.mailbox else None,
        "paypal": backends.paypal.url if backends.paypal else None,
        "database": backends.database_url,
        "admin_database": backends.admin_database_url,
        "owner_database": backends.owner_database_url,
        "redis": backends.redis_url,
        "pids": _pids(backends, api, worker),
    }
    write_private(home / "stack.json", json.dumps(description, indent=2) + "\n")


def remove_stack_file(home: Path) -> None:
    """Remove `stack.json`."""
    (home / "stack.json").unlink(missing_ok=True)


def summary(home: Path, backends: Backends, api: Api) -> dict[str, str]:
    """Return the addresses and commands to show, by name."""
    facts = {"API": api.url, "Docs": f"{api.url}/docs"}
    if backends.mailbox:
        facts["Mailbox"] = backends.mailbox.url
    if backends.paypal:
        facts["PayPal"] = backends.paypal.url
    if backends.admin_database_url:
        facts["psql"] = _psql(home)
    return facts


def _psql(home: Path) -> str:
    """Return the command that opens psql, relative to the current folder."""
    booking = Path(sys.executable).with_name("booking")
    command = booking.relative_to(Path.cwd()) if booking.is_relative_to(Path.cwd()) else booking
    where = [] if home.resolve() == Path.cwd() / ".booking" else ["--home", str(home)]
    return shlex.join([str(command), "psql", *where])


def _pids(backends: Backends, api: Api, worker: Worker) -> dict[str, object]:
    servers = {"postgres": backends.postgres, "redis": backends.redis}
    return {
        "supervisor": os.getpid(),
        **{name: server.pid for name, server in servers.items() if server},
        "api": [api.child.pid],
        "worker": [worker.child.pid],
    }
