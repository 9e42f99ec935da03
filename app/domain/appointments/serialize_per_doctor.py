"""A rush for one doctor must not keep everybody else waiting: each process books with a doctor for one after the other.

PostgreSQL decides about a doctor's bookings one by one, whoever asks. Those who would only wait for that would do so
with a database connection each, until none is left for the patients of other doctors.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

P = ParamSpec("P")
T = TypeVar("T")

_doctor_locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by doctor, as long as anybody books


def serialize_per_doctor(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Decorate a handler whose body names a doctor: this process handles one of the doctor's requests at a time.

    It goes around `idempotent`, so that who lines up has no connection yet: else those in line could have them all.
    """

    @wraps(handler)
    async def handle(*args: P.args, **kwargs: P.kwargs) -> T:
        data: Any = kwargs["data"]  # Litestar passes it so
        async with _doctor_locks.setdefault(data.doctor, asyncio.Lock()):
            return await handler(*args, **kwargs)

    return handle
