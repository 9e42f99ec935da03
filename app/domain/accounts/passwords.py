"""Passwords: which are too easily guessed, and their hashes, argon2id with OWASP's parameters, off the event loop."""

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.domain.problems import FieldError, ProblemError, invalid_request

# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 iterations, 1 lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Verified for accounts that do not exist, so that their absence takes as long as a wrong password.
_NOBODY = _hasher.hash("nobody has this password")

# Each hash takes a core for itself; more at once would only make every other request wait.
_limiter: CapacityLimiter | None = None


def _bounded() -> CapacityLimiter:
    global _limiter  # noqa: PLW0603  a limiter belongs to a running event loop, so it is made by the first call
    _limiter = _limiter or CapacityLimiter(2)
    return _limiter


COMMON = frozenset(FREQUENCY_LISTS["passwords"][:10_000])  # commonest first, in lower case; from leaked ones


def guessable(password: str, *known: str) -> str | None:
    """Say why a password would be guessed, also from what is `known` of its account; None: it would not."""
    lowered = password.casefold()
    if lowered in COMMON:
        return "This is one of the commonest passwords."
    if lowered in {part for name in known for part in (name.casefold(), name.casefold().partition("@")[0])}:
        return "A password is not the username or the email."
    return None


def refuse_guessable(field: str, password: str, *known: str) -> None:
    """Raise ProblemError (400) about a field whose password would be guessed."""
    if why := guessable(password, *known):
        raise invalid_request([FieldError(field, why)])


def wrong_password(why: str) -> ProblemError:
    """Make the answer to somebody who must give their password and does not."""
    return ProblemError(422, "wrong_password", why)


async def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, PHC string format."""
    return await to_thread.run_sync(_hasher.hash, password, limiter=_bounded())


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether a password matches a hash; with no hash, False after the same work."""
    return await to_thread.run_sync(_verify, password_hash or _NOBODY, password, limiter=_bounded()) and bool(
        password_hash
    )


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
