"""Passwords: a check for guessable ones, and argon2id hashes, computed off the event loop."""

import asyncio
import contextlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.api.problems import FieldError, ProblemError, invalid_request

# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 iterations, 1 lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Verified for accounts that do not exist, so that the response takes as long as for a wrong password.
_DUMMY_HASH = _hasher.hash("a dummy password")


def _lower_priority() -> None:
    """Lower the CPU priority of this thread, on Linux: elsewhere setpriority() changes the whole process."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # some sandboxes forbid it; the priority then stays the same
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


# A hash takes a whole core; several at a time would only delay all other requests.
_executor = ThreadPoolExecutor(1, thread_name_prefix="password", initializer=_lower_priority)

COMMON_PASSWORDS = frozenset(FREQUENCY_LISTS["passwords"][:10_000])  # leaked ones, most common first, in lower case


def why_guessable(password: str, *known: str) -> str | None:
    """Return why a password is easy to guess, given what is `known` about its account; None if it is not."""
    lowered = password.casefold()
    if lowered in COMMON_PASSWORDS:
        return "This password is too common. Please choose another one."
    if lowered in {part for name in known for part in (name.casefold(), name.casefold().partition("@")[0])}:
        return "Your password must not be your username or email address."
    return None


def refuse_guessable(field: str, password: str, *known: str) -> None:
    """Raise ProblemError (400) for `field` if its password is easy to guess."""
    if why := why_guessable(password, *known):
        raise invalid_request([FieldError(field, why)])


def wrong_password(why: str) -> ProblemError:
    """Return the error for a logged-in caller whose password was not accepted."""
    return ProblemError(422, "wrong_password", why)


async def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, in PHC string format."""
    return await asyncio.get_running_loop().run_in_executor(_executor, _hasher.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether a password matches a hash. Without a hash, returns False after the same work."""
    loop = asyncio.get_running_loop()
    is_right = await loop.run_in_executor(_executor, _verify, password_hash or _DUMMY_HASH, password)
    return is_right and bool(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
