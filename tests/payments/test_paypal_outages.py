"""During failures of PayPal, no call of the client takes effect twice, and a lost answer is not taken for a refusal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from structlog.testing import capture_logs

from app.domain.payments.paypal.call import Timeouts
from app.domain.payments.paypal.client import PayPal
from app.domain.payments.paypal.errors import PayPalRefused, PayPalUnavailable, PayPalUnknown
from app.sandbox.paypal.server import PayPalStandIn
from app.sandbox.servers.ports import free_port
from tests.payments.conftest import Connect
from tests.support.paypal.fake_paypal import FakePayPal
from tests.support.paypal.orders import HUNDRED, approved, captured, create, new_id, refund

HASTY = Timeouts(read=0.4, pause=0.3, total=20)  # seconds


class Act(NamedTuple):
    """A call that can be repeated, and a function that counts how often it has taken effect."""

    call: Callable[[PayPal], Awaitable[Any]]
    times: Callable[[], Awaitable[int]]


async def creation(_: PayPal, fake_paypal: FakePayPal) -> Act:
    reference, request_id = new_id(), new_id()

    async def times() -> int:
        return sum(order["custom_id"] == reference for order in (await fake_paypal.ledger())["orders"])

    return Act(lambda paypal: create(paypal, reference=reference, request_id=request_id), times)


async def capture(paypal: PayPal, fake_paypal: FakePayPal) -> Act:
    order, request_id = await approved(paypal, fake_paypal), new_id()

    async def times() -> int:
        return len(await fake_paypal.captures_of(order.id))

    return Act(lambda paypal: paypal.capture_order(order.id, request_id=request_id), times)


async def refunding(paypal: PayPal, fake_paypal: FakePayPal) -> Act:
    paid, request_id = await captured(paypal, fake_paypal), new_id()

    async def times() -> int:
        return sum(refund["capture_id"] == paid.id for refund in (await fake_paypal.ledger())["refunds"])

    return Act(lambda paypal: refund(paypal, paid.id, request_id=request_id), times)


ACTS = {"create_order": creation, "capture_order": capture, "refund_capture": refunding}
MISHAPS = ["drop_before", "drop_after", "error_before", "error_after", "slow_before", "slow_after", "garbage"]


def posts(requests: list[httpx.Request]) -> list[httpx.Request]:
    """Return the requests with a PayPal-Request-Id."""
    return [request for request in requests if "paypal-request-id" in request.headers]


@pytest.mark.parametrize("mishap", MISHAPS)
@pytest.mark.parametrize("operation", ACTS)
async def test_a_call_that_fails_once_takes_effect_once(
    connect: Connect, fake_paypal: FakePayPal, requests: list[httpx.Request], operation: str, mishap: str
) -> None:
    act = await ACTS[operation](connect(), fake_paypal)
    requests.clear()
    await fake_paypal.add_fault(operation, mishap, seconds=0.6)
    await act.call(connect(timeouts=HASTY, check_documents=False))
    assert await act.times() == 1
    first, *others = posts(requests)
    assert others
    assert {(other.headers["paypal-request-id"], other.content) for other in others} == {
        (first.headers["paypal-request-id"], first.content)
    }
    assert await fake_paypal.faults() == []


@pytest.mark.parametrize("mishap", ["drop_before", "drop_after", "error_before", "error_after", "garbage"])
@pytest.mark.parametrize("operation", ACTS)
async def test_without_an_answer_the_outcome_is_unknown_until_the_call_is_repeated(
    connect: Connect, fake_paypal: FakePayPal, requests: list[httpx.Request], operation: str, mishap: str
) -> None:
    act = await ACTS[operation](connect(), fake_paypal)
    requests.clear()
    await fake_paypal.add_fault(operation, mishap, times=4)
    client = connect(check_documents=False)
    with pytest.raises(PayPalUnknown):
        await act.call(client)
    assert len(posts(requests)) == 4
    assert await act.times() == (0 if mishap.endswith("before") else 1)
    await act.call(client)
    assert await act.times() == 1


@pytest.mark.parametrize("operation", ACTS)
async def test_the_total_time_of_a_call_is_limited(connect: Connect, fake_paypal: FakePayPal, operation: str) -> None:
    act = await ACTS[operation](connect(), fake_paypal)
    await fake_paypal.add_fault(operation, "slow_before", seconds=4)
    with pytest.raises(PayPalUnknown, match="no answer within 2 s"):
        await act.call(connect(timeouts=Timeouts(total=2), check_documents=False))
    async with asyncio.timeout(30):
        while not await act.times():  # noqa: ASYNC110  the stand-in executes the call later
            await asyncio.sleep(0.05)


async def test_the_pauses_between_attempts_grow(connect: Connect, fake_paypal: FakePayPal) -> None:
    act = await capture(connect(), fake_paypal)
    await fake_paypal.add_fault("capture_order", "drop_before", times=4)
    started = time.monotonic()
    with pytest.raises(PayPalUnknown):
        await act.call(connect(timeouts=Timeouts(pause=0.2), check_documents=False))
    assert time.monotonic() - started > 0.1 + 0.2 + 0.4  # half of 0.2, 0.4 and 0.8


async def test_a_call_to_an_unreachable_server_has_no_effect(connect: Connect, requests: list[httpx.Request]) -> None:
    client = connect(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(PayPalUnavailable, match="ConnectError"):
        await create(client)
    assert len(requests) == 4


async def test_a_call_to_a_stopped_server_has_no_effect(connect: Connect, tmp_path: Path) -> None:
    stand_in = PayPalStandIn(tmp_path)
    await stand_in.start()
    paypal = connect(stand_in.url, stand_in.client_secret)
    await create(paypal)  # fetches the token
    await stand_in.stop()
    with pytest.raises(PayPalUnavailable, match="ConnectError"):
        await create(paypal)


async def test_a_rate_limit_after_a_lost_answer_leaves_the_outcome_unknown(
    connect: Connect, fake_paypal: FakePayPal
) -> None:
    act = await capture(connect(), fake_paypal)
    await fake_paypal.add_fault("capture_order", "drop_before")
    await fake_paypal.add_fault("capture_order", "rate_limit", times=3, seconds=0)
    with pytest.raises(PayPalUnknown):
        await act.call(connect(check_documents=False))


async def test_a_short_rate_limit_is_waited_for(connect: Connect, fake_paypal: FakePayPal) -> None:
    act = await capture(connect(), fake_paypal)
    await fake_paypal.add_fault("capture_order", "rate_limit", seconds=1)
    started = time.monotonic()
    await act.call(connect())
    assert time.monotonic() - started >= 1
    assert await act.times() == 1


async def test_a_long_rate_limit_is_not_waited_for(
    connect: Connect, fake_paypal: FakePayPal, requests: list[httpx.Request]
) -> None:
    act = await capture(connect(), fake_paypal)
    requests.clear()
    await fake_paypal.add_fault("capture_order", "rate_limit", seconds=60)
    with pytest.raises(PayPalUnavailable) as error:
        await act.call(connect())
    assert error.value.retry_after == 60
    assert len(posts(requests)) == 1
    assert await act.times() == 0


async def test_concurrent_calls_fetch_the_token_once(
    connect: Connect, fake_paypal: FakePayPal, requests: list[httpx.Request]
) -> None:
    order = await create(connect())
    requests.clear()
    await fake_paypal.add_fault("token", "slow_before", seconds=0.3)
    paypal = connect()
    await asyncio.gather(*(paypal.get_order(order.id) for _ in range(20)))
    assert [request.url.path for request in requests].count("/v1/oauth2/token") == 1
    assert len(requests) == 21


async def test_a_token_is_not_used_until_its_very_end(
    connect: Connect, requests: list[httpx.Request], tmp_path: Path
) -> None:
    stand_in = PayPalStandIn(tmp_path, token_seconds=2)
    await stand_in.start()
    paypal = connect(stand_in.url, stand_in.client_secret)
    order = await create(paypal)
    await asyncio.sleep(1.85)  # the last tenth of the token's life
    await paypal.get_order(order.id)
    assert [request.url.path for request in requests].count("/v1/oauth2/token") == 2
    assert len(requests) == 4  # so none of them was refused
    await stand_in.stop()


async def test_concurrent_calls_replace_a_rejected_token_once(
    connect: Connect, fake_paypal: FakePayPal, requests: list[httpx.Request]
) -> None:
    paypal = connect()
    order = await create(paypal)
    requests.clear()
    await fake_paypal.add_fault("get_order", "unauthorized")
    await asyncio.gather(*(paypal.get_order(order.id) for _ in range(20)))
    tokens = [request for request in requests if request.url.path == "/v1/oauth2/token"]
    assert len(tokens) == 1


async def test_a_second_token_that_is_not_accepted_ends_the_call(
    connect: Connect, fake_paypal: FakePayPal, requests: list[httpx.Request]
) -> None:
    act = await capture(connect(), fake_paypal)
    requests.clear()
    await fake_paypal.add_fault("capture_order", "unauthorized", times=2)
    with pytest.raises(PayPalUnavailable, match="does not accept the access token"):
        await act.call(connect())
    assert len(posts(requests)) == 2
    assert await act.times() == 0


async def test_wrong_credentials_end_the_call(connect: Connect, requests: list[httpx.Request]) -> None:
    with pytest.raises(PayPalUnavailable, match="does not accept the client id and secret"):
        await create(connect(secret="wrong"))
    assert len(requests) == 1


@pytest.mark.parametrize("mishap", ["drop_before", "error_before", "garbage", "rate_limit"])
async def test_without_a_token_a_call_has_no_effect(connect: Connect, fake_paypal: FakePayPal, mishap: str) -> None:
    act = await capture(connect(), fake_paypal)
    await fake_paypal.add_fault("token", mishap, times=4, seconds=0)
    client = connect(check_documents=False)
    with pytest.raises(PayPalUnavailable):
        await act.call(client)
    assert await act.times() == 0
    await act.call(client)


async def test_a_connection_that_the_server_has_closed_does_no_harm(connect: Connect, fake_paypal: FakePayPal) -> None:
    paypal = connect(check_documents=False)
    order = await create(paypal)
    await fake_paypal.add_fault("get_order", "drop_before", times=2)
    assert (await paypal.get_order(order.id)).id == order.id


SECRETS = ("Bearer", "Basic", "A21AA", "refund-of-ada", "Ada Lovelace", "The doctor is ill", "practice.example.org")


async def test_the_log_has_paypals_debug_id_and_no_secrets(
    connect: Connect, fake_paypal: FakePayPal, stand_in: PayPalStandIn
) -> None:
    paypal = connect(check_documents=False)
    paid = await captured(paypal, fake_paypal)
    for mishap in ("error_before", "drop_before", "refused"):
        await fake_paypal.add_fault("refund_capture", mishap)
    with capture_logs() as logs, pytest.raises(PayPalRefused) as refused:
        await paypal.refund_capture(
            paid.id, request_id=new_id(), amount=HUNDRED, reference="refund-of-ada", note="The doctor is ill."
        )
    await fake_paypal.add_fault("create_order", "garbage", times=4)
    with capture_logs() as more, pytest.raises(PayPalUnknown) as unknown:
        await create(paypal)
    assert [entry["event"] for entry in logs] == ["paypal_no_answer", "paypal_no_answer", "paypal_refused"]
    assert [bool(entry["debug_id"]) for entry in logs] == [True, False, True]
    assert logs[2]["debug_id"] == refused.value.debug_id
    assert logs[2]["issue"] == "INSTRUMENT_DECLINED"
    assert [entry["attempt"] for entry in more] == [1, 2, 3, 4]
    assert len({entry["debug_id"] for entry in more} - {None}) == 4
    said = f"{logs} {more} {refused.value!r} {unknown.value!r}"
    assert not [secret for secret in (*SECRETS, stand_in.client_secret, paid.id) if secret in said]
