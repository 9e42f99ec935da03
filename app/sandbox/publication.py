"""Tells programs and people where the running stack is: `stack.json`, a `psql` to call, and the summary."""

import json
import os
import shlex
from pathlib import Path

from app.sandbox.backends import Backends
from app.sandbox.database import DATABASE
from app.sandbox.files import secret, write_private
from app.sandbox.service import Api, Worker

# The password goes through the environment, since a command line is everybody's to read.
PSQL = """\
#!/bin/sh
PGPASSWORD={password} exec {program} 'host=127.0.0.1 port={port} dbname={database} user=booking_admin' "$@"
"""


def publish(home: Path, backends: Backends, api: Api, worker: Worker) -> None:
    """Write `stack.json`, with mode 0600 as it has passwords, and, for an embedded PostgreSQL, `psql`."""
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
    if backends.postgres:
        program = shlex.quote(str(backends.postgres.binaries / "psql"))
        password, port = secret(home, "booking_admin"), backends.postgres.port
        script = PSQL.format(password=password, program=program, port=port, database=DATABASE)
        write_private(home / "psql", script, mode=0o700)
    # the last, for whoever waits for it takes it for the word that all is there
    write_private(home / "stack.json", json.dumps(description, indent=2) + "\n")


def withdraw(home: Path) -> None:
    """Remove what `publish` wrote."""
    for name in ("stack.json", "psql"):
        (home / name).unlink(missing_ok=True)


def summary(home: Path, backends: Backends, api: Api) -> dict[str, str]:
    """Return what people want to open, by name."""
    facts = {"API": api.url, "Docs": f"{api.url}/docs"}
    if backends.mailbox:
        facts["Mailbox"] = backends.mailbox.url
    if backends.paypal:
        facts["PayPal"] = backends.paypal.url
    given = "ADMIN_DATABASE_URL" if backends.admin_database_url else "DATABASE_URL"
    facts["psql"] = shlex.quote(str(home / "psql")) if backends.postgres else f'psql "${given}"'
    return facts


def _pids(backends: Backends, api: Api, worker: Worker) -> dict[str, object]:
    servers = {"postgres": backends.postgres, "redis": backends.redis}
    return {
        "supervisor": os.getpid(),
        **{name: server.pid for name, server in servers.items() if server},
        "api": [api.child.pid],
        "worker": [worker.child.pid],
    }
