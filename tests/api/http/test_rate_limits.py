"""Rate limits, per account and per address. Without Redis, only logins are limited."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import AsyncClient
from limits import parse
from redis.asyncio import Redis
from structlog.testing import capture_logs

from app.api.rate_limits import counters
from app.api.rate_limits.counters import SCRIPT, Counters
from app.sandbox.servers.redis import EmbeddedRedis
from app.settings import Settings
from tests.support.http.answers import assert_problem
from tests.support.http.clients import api_client
from tests.support.http.registration import (
    LOGIN,
    ME,
    PASSWORD,
    REGISTER,
    Person,
    delete_account,
    log_in,
    newcomer,
    register,
)
from tests.support.servers.http_server import paused_process
from tests.support.servers.worker_process import eventually

RESET, VERIFY = "/api/accounts/password/reset/", "/api/accounts/email/verify/"
VERIFICATION = "/api/accounts/email/verification/"
HEADERS = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
SLOWLY = "10/hour"  # no test lasts until the eleventh call is allowed

Limited = Callable[..., AbstractAsyncContextManager[AsyncClient]]


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    """A Redis for one test, so that its counters do not affect later tests."""
    server = EmbeddedRedis(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def limited(settings: Settings, redis: EmbeddedRedis) -> Limited:
    """Runs an API with these limits and no others, and yields a client of it."""
    return partial(api_client, settings, redis_url=redis.url)


async def wrong_login(client: AsyncClient, username: str) -> httpx.Response:
    return await client.post(LOGIN, json={"username": username, "password": "wrong horse"})


async def test_wrong_logins_are_limited_per_account(limited: Limited) -> None:
    async with limited(rate_limit_login=SLOWLY) as client:
        victim, other = await register(client), await register(client)
        name = victim.account["username"]
        answers = await asyncio.gather(*(wrong_login(client, name) for _ in range(100)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) == 90
        for answer in refused:
            assert_problem(answer, 429, "rate_limited")
            assert 0 < int(answer.headers["retry-after"]) <= 3600
        for _ in range(3):
            assert (await log_in(client, other)).status_code == 200
        right = await client.post(LOGIN, json={"username": name.upper(), "password": PASSWORD})
        assert right.status_code == 429  # the same account, in any case


# setting, status of an allowed call, method, path, body of the n-th call, and a body that this limit does not count
CASES: dict[str, tuple[str, int, str, str, Callable[[int], Any], Any]] = {
    "logins at many accounts": (
        *("rate_limit_login_address", 401, "POST", LOGIN),
        *(lambda n: {"username": f"nobody-{n}", "password": "wrong horse"}, None),
    ),
    "many codes": ("rate_limit_login_address", 422, "POST", VERIFY, lambda n: {"token": str(n)}, None),
    "one code": ("rate_limit_login", 422, "POST", VERIFY, lambda _: {"token": "a code"}, None),
    "one reset code": (
        *("rate_limit_login", 422, "POST", f"{RESET}confirm/"),
        *(lambda _: {"token": "a code", "password": "battery staple"}, None),
    ),
    "mails with a code": ("rate_limit_login", 202, "POST", VERIFICATION, lambda _: None, None),
    "mails with a reset code": (
        *("rate_limit_login", 202, "POST", RESET),
        *(lambda _: {"email": "eve@example.com"}, {"email": "adam@example.com"}),
    ),
    "changes of the address": (
        *("rate_limit_login", 200, "PATCH", ME),
        *(lambda n: {"email": f"victim-{n % 2}@example.com"}, {"phone": "1"}),
    ),
    "registrations": ("rate_limit_register", 201, "POST", REGISTER, lambda _: newcomer(), None),
}


@pytest.mark.parametrize("name", CASES)
async def test_the_eleventh_call_is_refused(limited: Limited, person: Person, name: str) -> None:
    setting, status, method, path, body, uncounted = CASES[name]
    async with limited(**{setting: SLOWLY}) as client:
        call = partial(client.request, method, path, headers=person.headers)
        assert [(await call(json=body(n))).status_code for n in range(12)] == [status] * 10 + [429] * 2
        assert uncounted is None or (await call(json=uncounted)).is_success


async def test_guesses_of_a_password_are_limited(limited: Limited, person: Person) -> None:
    async with limited(rate_limit_login=SLOWLY) as client:
        change = {"password": "wrong horse", "new_password": "battery staple"}
        wrong = [await client.post("/api/accounts/password/", headers=person.headers, json=change) for _ in range(6)]
        wrong += [await delete_account(client, person, "wrong horse") for _ in range(6)]
    assert [answer.status_code for answer in wrong] == [422] * 10 + [429] * 2


async def test_calls_are_counted_by_account_over_all_processes(limited: Limited) -> None:
    async with limited(rate_limit=SLOWLY) as one, limited(rate_limit=SLOWLY) as other:
        person, second = await register(one), await register(one)
        answers = await asyncio.gather(
            *(client.get(ME, headers=person.headers) for client in (one, other) for _ in range(10))
        )
        assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 10
        assert all(name in answer.headers for answer in answers for name in HEADERS)
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {"10"}
        assert (await other.get(ME, headers=second.headers)).status_code == 200


async def test_the_headers_count_down(limited: Limited) -> None:
    async with limited(rate_limit=SLOWLY) as client:
        left = [(await client.get("/api/doctors/")).headers["ratelimit-remaining"] for _ in range(11)]
    assert left == ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "0"]


@pytest.mark.parametrize(
    ("age", "before", "calls", "answer"),
    [  # a window of 3600 s allows 10 calls
        (0, 0, 9, (1, 0, 3600)),
        (0, 0, 10, (0, 0, 3600)),
        (890, 8, 3, (1, 0, 2710)),  # a little over three quarters of the previous window count: 3 + 6
        (890, 8, 4, (0, 0, 10)),  # 4 + 6, and less after 10 s
        (900, 10, 5, (0, 0, 900)),  # 5 + 7, and 5 + 5 in a quarter of an hour
        (3610, 7, 10, (1, 0, 3590)),  # the counted calls belong to the previous window now: 0 + 9
        (4500, 7, 10, (1, 2, 2700)),
        (7200, 7, 10, (1, 9, 3600)),
        (10**6, 7, 10, (1, 9, None)),
    ],
)
async def test_a_share_of_the_previous_window_counts(
    redis: EmbeddedRedis, age: int, before: int, calls: int, answer: tuple[int, int, int | None]
) -> None:
    async with Redis.from_url(redis.url) as store:
        seconds, microseconds = await store.time()
        began = (seconds - age) * 1000 + microseconds // 1000
        await store.hset("calls", mapping={"began": began, "before": before, "calls": calls})
        ((*decision, left),) = await store.register_script(SCRIPT.read_text())(keys=["calls"], args=[10, 3600_000])
        assert tuple(decision) == answer[:2]
        if answer[2] is not None:
            assert left / 1000 == pytest.approx(answer[2], abs=5)
        assert 0 < await store.pttl("calls") <= 7200_000 or not decision[0]


async def test_keys_counted_together_count_separately(redis: EmbeddedRedis) -> None:
    async with Redis.from_url(redis.url) as store:
        keys, lengths = ["one", "other", "one", "one"], [(2, 1000_000), (5, 2000_000), (2, 1000_000), (2, 1000_000)]
        counts = await store.register_script(SCRIPT.read_text())(keys=keys, args=[n for pair in lengths for n in pair])
    assert [tuple(count[:2]) for count in counts] == [(1, 1), (1, 4), (1, 0), (0, 0)]
    assert [count[2] for count in counts] == [1000_000, 2000_000, 1000_000, 1000_001]


async def test_health_and_docs_are_never_limited(limited: Limited) -> None:
    async with limited(rate_limit="1/hour") as client:
        for path in ("/health/live", "/health/ready", "/docs/openapi.json") * 3:
            assert (await client.get(path)).status_code == 200


async def test_without_redis_only_logins_are_limited(limited: Limited, redis: EmbeddedRedis) -> None:
    async with limited(rate_limit="1/hour", rate_limit_login=SLOWLY) as client:
        person = await register(client)
        await redis.stop()
        with capture_logs() as logs:
            answers = [await client.get(ME, headers=person.headers) for _ in range(20)]
            logins = [await wrong_login(client, "nobody") for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 20
    assert [answer.status_code for answer in logins] == [401] * 10 + [429] * 2
    assert len([entry for entry in logs if entry["event"] == "server_unavailable"]) == 1


async def test_a_redis_that_hangs_delays_only_one_request(
    limited: Limited, redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def limits(client: AsyncClient) -> bool:
        answer = await client.get("/api/doctors/")
        assert answer.status_code == 200
        return "ratelimit-limit" in answer.headers

    async with limited() as client:
        assert await limits(client)
        with capture_logs() as logs:
            with paused_process(redis.pid):
                began = time.monotonic()
                assert not any([await limits(client) for _ in range(20)])
                assert time.monotonic() - began < 20  # each would time out after 2 s
            monkeypatch.setattr(counters, "OUTAGE_PAUSE_SECONDS", 0)
            await eventually(partial(limits, client))
            port = redis.port
            await redis.stop()
            await redis.start(port)
            await eventually(partial(limits, client))
    assert len([entry for entry in logs if entry["event"] == "server_unavailable"]) == 1


async def test_no_username_is_stored_in_redis(limited: Limited, redis: EmbeddedRedis) -> None:
    async with limited() as client:
        await wrong_login(client, "somebody-special")
    async with Redis.from_url(redis.url) as store:
        assert not [key for key in await store.keys("*") if b"somebody" in key]


async def test_a_burst_is_counted_to_the_last_call(limited: Limited) -> None:
    async with limited(rate_limit="1000/hour") as client:
        answers = await asyncio.gather(*(client.get("/api/doctors") for _ in range(250)))
    assert sorted(int(answer.headers["ratelimit-remaining"]) for answer in answers) == list(range(750, 1000))


async def test_a_canceled_call_is_still_counted(redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "TIMEOUT_SECONDS", 60)
    async with Redis.from_url(redis.url, socket_timeout=None) as store:
        counted, limit = Counters(store), parse("10/hour")
        with paused_process(redis.pid):
            first, *others = [asyncio.create_task(counted.count(limit, "somebody")) for _ in range(3)]
            await asyncio.sleep(0.1)  # until they have been sent to Redis
            first.cancel()
            late = asyncio.create_task(counted.count(limit, "somebody"))
            await asyncio.sleep(0.1)
        counts = await asyncio.gather(*others, late)
    assert [count and count.remaining for count in counts] == [8, 7, 6]
