"""Repeatable SQL: the files in `app/db/sql/`, replayed after the versioned migrations if they have changed.

Folders run in the order of FOLDERS, and the files of a folder in order of name. Files that others in the same folder
need begin with a number. Each file is of one kind:

- functions, which need no lock on a table;
- one view, or one composite type;
- `tables/`: the grants, comments on rules, and triggers of one table;
- `setup/`: roles and schemas; `seed/`: rows that every database has.
"""

import asyncio
import hashlib
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import asyncpg

from app.db.errors import MigrationError
from app.db.release import RELEASE

SQL = Path(__file__).parent / "sql"
FOLDERS = (
    *("setup", "common", "appointments", "schedule", "accounts", "waitlist", "payments", "notifications", "history"),
    *("maintenance", "admin", "tables", "seed"),
)
LOCK_TIMEOUT = "500ms"  # bookings queue behind a step that waits for a lock, so it must not wait long
PAUSE_SECONDS = (0.2, 1.0)  # between two attempts to get a lock

CREATED = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:CONSTRAINT )?(FUNCTION|VIEW|TYPE|TRIGGER) (?:(admin)\.)?(\w+)", re.MULTILINE
)
EXISTING = """
    SELECT 'FUNCTION' AS kind, nspname::text AS schema, proname::text AS name
    FROM pg_proc INNER JOIN pg_namespace AS n ON pronamespace = n.oid WHERE nspname IN ('public', 'admin')
    UNION
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TYPE' END, nspname, relname
    FROM pg_class INNER JOIN pg_namespace AS n ON relnamespace = n.oid
    WHERE nspname IN ('public', 'admin') AND relkind IN ('v', 'c')
    UNION
    SELECT 'TRIGGER', 'public', tgname FROM pg_trigger WHERE NOT tgisinternal
"""
SIGNATURES = """
    SELECT p.oid, (n.nspname, p.proname)::text AS name, p.oid::regprocedure::text AS signature
    FROM pg_proc AS p INNER JOIN pg_namespace AS n ON p.pronamespace = n.oid
    WHERE (n.nspname, p.proname) IN (SELECT * FROM unnest($1::text[], $2::text[]))
"""
STORED = "SELECT file, hash FROM repeatable_sql"
STORE = """
    INSERT INTO repeatable_sql (file, hash, release, applied_at) VALUES ($1, $2, $3, clock_timestamp())
    ON CONFLICT (file) DO UPDATE SET hash = excluded.hash, release = excluded.release, applied_at = excluded.applied_at
"""
NEEDS_DROP = "Add columns only at the end of a view, and keep signatures; otherwise, DROP it in a versioned migration."

Report = Callable[[str], None]


class Kind(Enum):
    """What a file creates."""

    SETUP = "setup"
    TYPE = "type"
    VIEW = "view"
    FUNCTIONS = "functions"
    TABLE = "table"
    SEED = "seed"


class Created(NamedTuple):
    """An object that a file creates."""

    kind: str  # FUNCTION, VIEW, TYPE or TRIGGER
    schema: str
    name: str


class SqlFile(NamedTuple):
    """A file of `app/db/sql/`."""

    name: str  # below app/db/sql
    text: str
    kind: Kind
    creates: frozenset[Created]

    @property
    def hash(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_files(root: Path = SQL) -> list[SqlFile]:
    """Return all files in the order in which they run."""
    return [_read(path) for folder in FOLDERS for path in sorted((root / folder).glob("*.sql"))]


def _read(path: Path) -> SqlFile:
    text = path.read_text(encoding="utf-8")
    creates = created_by(text)
    folders = {"setup": Kind.SETUP, "tables": Kind.TABLE, "seed": Kind.SEED}
    kinds = {"VIEW": Kind.VIEW, "TYPE": Kind.TYPE, "FUNCTION": Kind.FUNCTIONS}
    kind = folders.get(path.parent.name) or next(kinds[k] for k in kinds if any(made.kind == k for made in creates))
    return SqlFile(f"{path.parent.name}/{path.name}", text, kind, creates)


def created_by(text: str) -> frozenset[Created]:
    """Return the objects that a script creates."""
    return frozenset(Created(kind, schema or "public", name) for kind, schema, name in CREATED.findall(text))


class Replay:
    """Replays changed files, each step in its own transaction, while the service is running.

    New objects and changed views come first, in the order of the files. Then all changed functions are replaced in one
    transaction, which locks no table. Then each changed table file runs. If a step does not get its locks within
    LOCK_TIMEOUT, it is rolled back and repeated, until `deadline` (of time.monotonic()).
    """

    def __init__(self, connection: asyncpg.Connection, *, report: Report, deadline: float) -> None:
        self._connection = connection
        self._report = report
        self._deadline = deadline
        self._files = read_files()
        self._setup: list[SqlFile] = []

    async def setup(self) -> None:
        """Create roles and schemas, which the versioned migrations need."""
        self._setup = [file for file in await self._due() if file.kind is Kind.SETUP]
        for file in self._setup:
            await self._step(file.name, [file], store=False)

    async def replay(self) -> None:
        """Run every file that has changed or whose objects are missing. Raises MigrationError."""
        await self._step("", self._setup, run=False)
        due = await self._due()
        existing = await self._existing()
        types = [file for file in due if file.kind is Kind.TYPE and file.creates & existing]
        if types:
            await self._replace_types(types)
            due = await self._due()
        changed = [file for file in due if file.kind is Kind.FUNCTIONS and file.creates & existing]
        for file in due:
            if file.kind in (Kind.VIEW, Kind.TYPE, Kind.FUNCTIONS) and file not in changed:
                await self._step(f"{file.kind.value} {file.name}", [file])
        if changed:
            await self._step(f"functions of {len(changed)} files", changed)
        for file in due:
            if file.kind in (Kind.TABLE, Kind.SEED):
                await self._step(f"{file.kind.value} {file.name}", [file])
        await self._connection.execute(
            "DELETE FROM repeatable_sql WHERE file <> ALL ($1::text[])", [file.name for file in self._files]
        )

    async def _due(self) -> list[SqlFile]:
        is_new = await self._connection.fetchval("SELECT to_regclass('public.repeatable_sql') IS NULL")
        rows = [] if is_new else await self._connection.fetch(STORED)
        stored = {row["file"]: row["hash"] for row in rows}
        existing = await self._existing()
        return [file for file in self._files if stored.get(file.name) != file.hash or file.creates - existing]

    async def _existing(self) -> set[Created]:
        return {Created(*row) for row in await self._connection.fetch(EXISTING)}

    async def _replace_types(self, types: list[SqlFile]) -> None:
        """Drop changed types with the functions that use them, and create all of these again, in one transaction."""
        before = await self._existing()

        async def replace() -> None:
            for file in types:
                for made in file.creates:
                    await self._connection.execute(f"DROP TYPE {made.schema}.{made.name} CASCADE")
                await self._connection.execute(file.text)
            functions = [file for file in self._files if file.kind is Kind.FUNCTIONS]
            await self._run(functions)
            await self._store([*types, *functions])
            if lost := before - await self._existing():
                names = ", ".join(sorted(f"{kind.lower()} {name}" for kind, _, name in lost))
                raise MigrationError(f"{types[0].name}: dropping the type would also drop {names}. {NEEDS_DROP}")

        await self._transaction(f"types of {', '.join(file.name for file in types)}", replace)

    async def _step(self, title: str, files: list[SqlFile], *, run: bool = True, store: bool = True) -> None:
        async def act() -> None:
            if run:
                await self._run(files)
            if store:
                await self._store(files)

        if files:
            await self._transaction(title, act)

    async def _run(self, files: Sequence[SqlFile]) -> None:
        # Bodies are not checked on creation, so that functions can call functions of later files.
        await self._connection.execute("SET LOCAL check_function_bodies = off")
        functions = [made for file in files for made in file.creates if made.kind == "FUNCTION"]
        before = await self._signatures(functions)
        for file in files:
            try:
                await self._connection.execute(file.text)
            except (asyncpg.InvalidTableDefinitionError, asyncpg.InvalidFunctionDefinitionError) as error:
                raise MigrationError(f"{file.name}: {error.args[0]}. {NEEDS_DROP}") from error
        replaced = {row["name"] for row in before}
        for row in await self._signatures(functions):
            if row["name"] in replaced and row["oid"] not in {known["oid"] for known in before}:
                raise MigrationError(f"{row['signature']} changes the signature of a function. {NEEDS_DROP}")

    async def _signatures(self, functions: list[Created]) -> list[asyncpg.Record]:
        schemas, names = [made.schema for made in functions], [made.name for made in functions]
        return await self._connection.fetch(SIGNATURES, schemas, names)

    async def _store(self, files: Iterable[SqlFile]) -> None:
        await self._connection.executemany(STORE, [(file.name, file.hash, RELEASE) for file in files])

    async def _transaction(self, title: str, act: Callable[[], Awaitable[None]]) -> None:
        async def once() -> None:
            async with self._connection.transaction():
                await self._connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                await act()

        await until_locked(once, title=title, report=self._report, deadline=self._deadline)
        if title:
            self._report(title)


async def until_locked(act: Callable[[], Awaitable[None]], *, title: str, report: Report, deadline: float) -> None:
    """Repeat `act` until it gets its locks. Raises MigrationError at the deadline."""
    while True:
        try:
            return await act()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if time.monotonic() > deadline:
                raise MigrationError(f"{title}: could not lock a table in time: {error.args[0]}") from error
        report(f"{title}: waiting for a lock")
        await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
