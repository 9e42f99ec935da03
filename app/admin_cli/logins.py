"""`booking admin create`: creates a personal login for psql, with the rights of booking_admin."""

import base64
import hashlib
import hmac
import re
import secrets

import asyncpg

from app.admin_cli.errors import AdminCliError

NAME = re.compile(r"(?!pg_|booking_)[a-z][a-z0-9_]{0,62}")
PASSWORD = re.compile(r"[ -~]{12,}")  # servers and clients may encode other characters differently (SASLprep)
ROUNDS = 4096  # PostgreSQL's own default


async def create_login(url: str, name: str, password: str) -> None:
    """Create the login `name` in the cluster of `url`.

    Raises AdminCliError if the name or the password is invalid, if the role exists, or if a right is missing.
    """
    validate(name, password)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            # sends the verifier, not the password: PostgreSQL may log statements
            await connection.execute(
                f"CREATE ROLE {name} LOGIN IN ROLE booking_admin PASSWORD '{scram_verifier(password)}'"
            )
            database = await connection.fetchval("SELECT quote_ident(current_database())")
            await connection.execute(f"ALTER ROLE {name} IN DATABASE {database} SET search_path = admin, public")
    except asyncpg.DuplicateObjectError:
        raise AdminCliError(f"the role {name} already exists: choose another name, or run DROP ROLE {name};") from None
    except asyncpg.UndefinedObjectError:
        raise AdminCliError("the role booking_admin does not exist: run `booking migrate` first") from None
    except asyncpg.InsufficientPrivilegeError as error:
        needed = "the role of OWNER_DATABASE_URL needs CREATEROLE, and booking_admin WITH ADMIN OPTION"
        raise AdminCliError(f"{error.message}: {needed}") from None
    finally:
        await connection.close()


def validate(name: str, password: str) -> None:
    """Raise AdminCliError if the name or the password is invalid."""
    if not NAME.fullmatch(name):
        raise AdminCliError(
            f"{name!r} is not a valid name: use at most 63 of a-z, 0-9 and _, with a letter first, "
            "and not the prefix pg_ or booking_"
        )
    if not PASSWORD.fullmatch(password):
        raise AdminCliError("the password is not valid: use at least 12 characters, all of them ASCII")


def generate_password() -> str:
    """Return a random password of 24 characters that need no quoting."""
    return secrets.token_urlsafe(18)


def scram_verifier(password: str) -> str:
    """Return the verifier that PostgreSQL stores for a password.

    RFC 5803, https://www.postgresql.org/docs/current/catalog-pg-authid.html
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_, stored_, server_ = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${ROUNDS}:{salt_}${stored_}:{server_}"
