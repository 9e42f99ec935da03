"""`booking admin create`: a login at psql for one person, with the rights of booking_admin."""

import base64
import hashlib
import hmac
import re
import secrets

import asyncpg

from app.admin_cli.errors import AdminCliError

NAME = re.compile(r"(?!pg_|booking_)[a-z][a-z0-9_]{0,62}")
PASSWORD = re.compile(r"[ -~]{12,}")  # of other characters servers and clients may make different bytes (SASLprep)
ROUNDS = 4096  # PostgreSQL's own default


async def create_login(url: str, name: str, password: str) -> None:
    """Create the login `name` in the cluster of `url`, where that role may.

    Raises AdminCliError for a name or a password that will not do, a role that is there, or a right that is missing.
    """
    validate(name, password)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            # the verifier, not the password: statements may be logged
            await connection.execute(
                f"CREATE ROLE {name} LOGIN IN ROLE booking_admin PASSWORD '{scram_verifier(password)}'"
            )
            database = await connection.fetchval("SELECT quote_ident(current_database())")
            await connection.execute(f"ALTER ROLE {name} IN DATABASE {database} SET search_path = admin, public")
    except asyncpg.DuplicateObjectError:
        raise AdminCliError(f"there is a role {name} already; DROP ROLE {name}; takes it away") from None
    except asyncpg.UndefinedObjectError:
        raise AdminCliError("there is no role booking_admin: run `booking migrate` first") from None
    except asyncpg.InsufficientPrivilegeError as error:
        who = "the role of OWNER_DATABASE_URL needs CREATEROLE, and booking_admin WITH ADMIN OPTION"
        raise AdminCliError(f"{error.message}: {who}") from None
    finally:
        await connection.close()


def validate(name: str, password: str) -> None:
    """Raise AdminCliError if a name or a password will not do."""
    if not NAME.fullmatch(name):
        raise AdminCliError(
            f"{name!r} will not do as a name: a-z, 0-9 and _, at most 63, first a letter, not pg_... or booking_..."
        )
    if not PASSWORD.fullmatch(password):
        raise AdminCliError("a password has at least 12 characters, all of them ASCII")


def generate_password() -> str:
    """Return a new password: 24 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(18)


def scram_verifier(password: str) -> str:
    """Return what PostgreSQL keeps of a password (RFC 5803, https://www.postgresql.org/docs/current/catalog-pg-authid.html)."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_, stored_, server_ = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${ROUNDS}:{salt_}${stored_}:{server_}"
