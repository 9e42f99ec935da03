"""A rush for one doctor must not keep everybody else waiting: of each doctor, a process books for a few at a time.

PostgreSQL decides about a doctor's bookings one after the other, whoever asks. Those who would only wait for that would
do so with a database connection each, until none is left for the patients of other doctors.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

P = ParamSpec("P")
T = TypeVar("T")

AT_A_TIME = 2  # one is being decided, the next is ready: the doctor's lock never waits for us

_turns: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()  # by doctor, as long as anybody books


def in_turn(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Decorate a handler whose body names a doctor: few of a doctor's requests run at a time, the others line up.

    It goes around `once`, so that who lines up has no connection yet: else those in line could have them all.
    """

    @wraps(handler)
    async def handle(*args: P.args, **kwargs: P.kwargs) -> T:
        data: Any = kwargs["data"]  # Litestar passes it so
        async with _turns.setdefault(data.doctor, asyncio.Semaphore(AT_A_TIME)):
            return await handler(*args, **kwargs)

    return handle
