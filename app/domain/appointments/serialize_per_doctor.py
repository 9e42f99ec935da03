"""Serializes one doctor's bookings within a process, so that a rush for one doctor cannot use up the connection pool.

PostgreSQL locks the doctor for each booking. Without this, every booking that waits for the lock holds a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

P = ParamSpec("P")
T = TypeVar("T")

_doctor_locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by doctor id, dropped when unused


def serialize_per_doctor(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Decorate a handler whose body names a doctor: a process runs one request for each doctor at a time.

    Put this above `@idempotent`, which takes a connection: waiting requests must not hold one.
    """

    @wraps(handler)
    async def handle(*args: P.args, **kwargs: P.kwargs) -> T:
        data: Any = kwargs["data"]  # Litestar passes it by name
        async with _doctor_locks.setdefault(data.doctor, asyncio.Lock()):
            return await handler(*args, **kwargs)

    return handle
