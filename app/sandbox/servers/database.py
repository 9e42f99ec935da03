"""Prepares the embedded PostgreSQL for the migrations, and sets the passwords of the roles that they create."""

import asyncpg

from app.sandbox.files import secret
from app.sandbox.servers.postgres import EmbeddedPostgres

DATABASE = "booking"
OWNER = "booking_owner"
LOGINS = ("booking_app", "booking_admin", "booking_auditor")


def dsn_of(postgres: EmbeddedPostgres, role: str) -> str:
    """Return the URL of the database for `role`."""
    return postgres.dsn(user=role, database=DATABASE, password=secret(postgres.home, role))


async def create_database(postgres: EmbeddedPostgres) -> None:
    """Create the owner and its database if they are missing."""
    connection = await asyncpg.connect(postgres.superuser_dsn, ssl=False)
    try:
        if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", OWNER):
            await connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        await _set_password(connection, postgres, OWNER)
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        await connection.close()


async def disable_doctor_verification(postgres: EmbeddedPostgres) -> None:
    """Allow bookings with unverified doctors. Has no effect once an account exists: the setting is then an admin's."""
    connection = await asyncpg.connect(dsn_of(postgres, OWNER), ssl=False)
    try:
        await connection.execute(
            "UPDATE policy SET require_verified_doctor = false WHERE NOT EXISTS (SELECT FROM account)"
        )
    finally:
        await connection.close()


async def set_passwords(postgres: EmbeddedPostgres) -> None:
    """Set the passwords of the roles that the migrations create without one."""
    connection = await asyncpg.connect(postgres.superuser_dsn, ssl=False)
    try:
        for role in LOGINS:
            await _set_password(connection, postgres, role)
    finally:
        await connection.close()


async def _set_password(
    connection: "asyncpg.Connection[asyncpg.Record]", postgres: EmbeddedPostgres, role: str
) -> None:
    password = secret(postgres.home, role)  # contains only letters, digits, - and _: needs no quoting
    await connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
