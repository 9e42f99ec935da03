"""Passwords: which are too easily guessed, and their hashes, argon2id with OWASP's parameters, off the event loop."""

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

# Verified for accounts that do not exist, so that their absence takes as long as a wrong password.
_DUMMY_HASH = _hasher.hash("nobody has this password")


def _lower_priority() -> None:
    """Let this thread have what others leave of the processor; only Linux knows the niceness of a thread."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # forbidden by some sandboxes, and then it is as it was
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


# Each hash takes a core for itself; more at once would only make every other request wait.
_executor = ThreadPoolExecutor(1, thread_name_prefix="password", initializer=_lower_priority)

COMMON_PASSWORDS = frozenset(FREQUENCY_LISTS["passwords"][:10_000])  # commonest first, in lower case; from leaked ones


def why_guessable(password: str, *known: str) -> str | None:
    """Say why a password would be guessed, also from what is `known` of its account; None: it would not."""
    lowered = password.casefold()
    if lowered in COMMON_PASSWORDS:
        return "This is one of the commonest passwords."
    if lowered in {part for name in known for part in (name.casefold(), name.casefold().partition("@")[0])}:
        return "A password is not the username or the email."
    return None


def refuse_guessable(field: str, password: str, *known: str) -> None:
    """Raise ProblemError (400) about a field whose password would be guessed."""
    if why := why_guessable(password, *known):
        raise invalid_request([FieldError(field, why)])


def wrong_password(why: str) -> ProblemError:
    """Make the answer to somebody who must give their password and does not."""
    return ProblemError(422, "wrong_password", why)


async def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, PHC string format."""
    return await asyncio.get_running_loop().run_in_executor(_executor, _hasher.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether a password matches a hash; with no hash, False after the same work."""
    loop = asyncio.get_running_loop()
    is_right = await loop.run_in_executor(_executor, _verify, password_hash or _DUMMY_HASH, password)
    return is_right and bool(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
