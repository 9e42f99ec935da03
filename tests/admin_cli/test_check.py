"""`booking check` reports faults of an installation."""

from uuid import uuid4

import pytest

from app.admin_cli.check import Finding, check
from app.sandbox.mailbox.server import Mailbox
from app.settings import Settings
from tests.conftest import SECRET
from tests.support.servers.databases import Database, cloned, execute, url_for


async def wrong(settings: Settings) -> dict[str, str]:
    """Return the subjects and texts of the faults."""
    findings: list[Finding] = await check(settings)
    assert {"PostgreSQL", "Redis", "mail server"} <= {finding.subject for finding in findings}
    return {finding.subject: finding.text for finding in findings if not finding.is_right}


async def test_a_correct_installation_has_no_findings(database: Database, redis_url: str) -> None:
    mailbox = Mailbox()
    await mailbox.start()
    try:
        settings = Settings(
            secret_key=SECRET, database_url=database.app, redis_url=redis_url, email_port=mailbox.smtp_port
        )
        assert await wrong(settings) == {}
    finally:
        await mailbox.stop()


async def test_each_server_that_does_not_answer_is_named() -> None:
    nowhere = "127.0.0.1:1"
    settings = Settings(
        secret_key=SECRET,
        database_url=f"postgresql://booking_app@{nowhere}/booking",
        redis_url=f"redis://{nowhere}/0",
        email_host="127.0.0.1",
        email_port=1,
    )
    assert set(await wrong(settings)) == {"PostgreSQL", "Redis", "mail server"}


async def test_an_empty_database_and_a_role_with_too_many_rights_are_named(
    superuser: str, database: Database, redis_url: str
) -> None:
    name = f"booking_empty_{uuid4().hex[:12]}"
    await execute(superuser, f"CREATE DATABASE {name}")
    try:
        settings = Settings(secret_key=SECRET, database_url=url_for(superuser, name), redis_url=redis_url)
        assert {"btree_gist", "pg_trgm", "schema"} <= set(await wrong(settings))
    finally:
        await execute(superuser, f"DROP DATABASE {name}")
    settings = Settings(secret_key=SECRET, database_url=database.owner, redis_url=redis_url)
    assert "booking_app" in (await wrong(settings))["rights"]


@pytest.mark.parametrize(
    ("release", "oldest", "is_right", "text"),
    [
        ("99.0.0", "0.1.0", True, "newer than this program"),
        ("99.0.0", "99.0.0", False, "needs at least program 99.0.0"),
        ("0.0.1", "0.0.1", False, "run `booking migrate`"),
    ],
)
async def test_the_releases_of_schema_and_program_are_compared(
    superuser: str, template: str, redis_url: str, release: str, oldest: str, *, is_right: bool, text: str
) -> None:
    async with cloned(superuser, template) as database:
        await execute(
            database.owner,
            "DELETE FROM schema_release",
            f"INSERT INTO schema_release (release, oldest_program) VALUES ('{release}', '{oldest}')",
        )
        findings = await check(Settings(secret_key=SECRET, database_url=database.app, redis_url=redis_url))
    (schema,) = [finding for finding in findings if finding.subject == "schema"]
    assert schema.is_right == is_right
    assert text in schema.text
