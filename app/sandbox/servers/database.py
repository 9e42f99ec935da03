"""Prepares the embedded PostgreSQL for the migrations, and opens it to the roles that they create."""

import asyncpg

from app.sandbox.files import secret
from app.sandbox.servers.postgres import EmbeddedPostgres

DATABASE = "booking"
OWNER = "booking_owner"
LOGINS = ("booking_app", "booking_admin", "booking_auditor")


def dsn_of(postgres: EmbeddedPostgres, role: str) -> str:
    """Return the address of the database for `role`."""
    return postgres.dsn(user=role, database=DATABASE, password=secret(postgres.home, role))


async def create_database(postgres: EmbeddedPostgres) -> None:
    """Make the owner and its database, if they are missing."""
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
    """Make do without an admin who verifies doctors. It is ours to say until somebody registers, then an admin's."""
    connection = await asyncpg.connect(dsn_of(postgres, OWNER), ssl=False)
    try:
        await connection.execute(
            "UPDATE policy SET require_verified_doctor = false WHERE NOT EXISTS (SELECT FROM account)"
        )
    finally:
        await connection.close()


async def set_passwords(postgres: EmbeddedPostgres) -> None:
    """Give the roles of the migrations, which come without one, their passwords."""
    connection = await asyncpg.connect(postgres.superuser_dsn, ssl=False)
    try:
        for role in LOGINS:
            await _set_password(connection, postgres, role)
    finally:
        await connection.close()


async def _set_password(
    connection: "asyncpg.Connection[asyncpg.Record]", postgres: EmbeddedPostgres, role: str
) -> None:
    password = secret(postgres.home, role)  # of letters, digits, - and _: it needs no quoting
    await connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
