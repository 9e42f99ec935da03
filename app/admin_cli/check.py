"""`booking check`: checks the servers before an operator starts the API and the worker."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiosmtplib
import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.db.release import NEWEST, RELEASE, SchemaRelease
from app.domain.notifications.mail_server import MailConnection
from app.settings import Settings

TIMEOUT = 5  # seconds for each server
OLDEST_POSTGRESQL = 15
EXTENSIONS = ("btree_gist", "pg_trgm")
ROLES = ("booking_app", "booking_admin", "booking_auditor")

FACTS = """
    SELECT
        current_setting('server_version') AS version,
        current_setting('server_version_num')::integer / 10000 AS major,
        current_user AS role,
        ARRAY(SELECT extname::text FROM pg_extension) AS extensions,
        ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY ($1)) AS roles,
        to_regclass('public.schema_release') IS NOT NULL AS migrated,
        has_table_privilege(to_regclass('public.appointment')::oid, 'UPDATE') AS is_overprivileged
"""


class Finding(NamedTuple):
    """The result of one check. `text` says what was found or what to do."""

    subject: str
    is_right: bool
    text: str


async def check(settings: Settings) -> list[Finding]:
    """Check PostgreSQL, Redis and the mail server, and return all findings. Changes nothing."""
    looks = {"PostgreSQL": _postgresql, "Redis": _redis, "mail server": _mail_server}
    found = await asyncio.gather(*(_run_check(name, look, settings) for name, look in looks.items()))
    return [finding for findings in found for finding in findings]


async def _run_check(
    subject: str, look: Callable[[Settings], Awaitable[list[Finding]]], settings: Settings
) -> list[Finding]:
    try:
        async with asyncio.timeout(TIMEOUT):
            return await look(settings)
    except (OSError, TimeoutError, asyncpg.PostgresError, RedisError, aiosmtplib.SMTPException, ValueError) as error:
        said = str(error).splitlines()
        return [Finding(subject, is_right=False, text=f"{type(error).__name__}: {said[0] if said else 'no answer'}")]


async def _postgresql(settings: Settings) -> list[Finding]:
    connection = await asyncpg.connect(settings.database_url, timeout=TIMEOUT)
    try:
        facts = await connection.fetchrow(FACTS, ROLES)
        assert facts is not None  # noqa: S101  a query without FROM has one row
        newest = await connection.fetchrow(NEWEST) if facts["migrated"] else None
    finally:
        await connection.close()
    missing = ", ".join(role for role in ROLES if role not in facts["roles"])
    return [
        _finding(
            "PostgreSQL",
            f"version {facts['version']}",
            _problem_unless(
                facts["major"] >= OLDEST_POSTGRESQL,
                f"version {facts['version']} is too old; install {OLDEST_POSTGRESQL} or newer",
            ),
        ),
        *(
            _finding(
                extension,
                "installed",
                _problem_unless(extension in facts["extensions"], "the extension is missing; run `booking migrate`"),
            )
            for extension in EXTENSIONS
        ),
        _finding("roles", "all exist", _problem_unless(not missing, f"missing: {missing}; run `booking migrate`")),
        _schema(SchemaRelease(*newest) if newest else None),
        _finding(
            "rights",
            f"connected as {facts['role']}",
            _problem_unless(
                not facts["is_overprivileged"], f"{facts['role']} has too many rights; connect as booking_app"
            ),
        ),
    ]


def _schema(newest: SchemaRelease | None) -> Finding:
    if newest is None:
        return _finding("schema", "", "the database has none; run `booking migrate`")
    note = f", newer than this program ({RELEASE}); upgrade the program soon" if newest.is_newer else ""
    return _finding("schema", f"release {newest.release}{note}", newest.why_unusable())


def _problem_unless(is_right: bool, wrong: str) -> str | None:  # noqa: FBT001  reads as a sentence
    return None if is_right else wrong


def _finding(subject: str, right: str, wrong: str | None) -> Finding:
    return Finding(subject, is_right=wrong is None, text=wrong or right)


async def _redis(settings: Settings) -> list[Finding]:
    async with Redis.from_url(settings.redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT) as redis:
        version = (await redis.info("server"))["redis_version"]
    return [_finding("Redis", f"version {version}", None)]


async def _mail_server(settings: Settings) -> list[Finding]:
    server = MailConnection(settings)
    await server.connect()
    await server.quit()
    return [_finding("mail server", f"{settings.email_host}:{settings.email_port} answers", None)]
