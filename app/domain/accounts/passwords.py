"""Password hashes: argon2id with OWASP's parameters, off the event loop."""

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

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
