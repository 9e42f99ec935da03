"""PayPal's answers are read as documented; every other answer is refused."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from app.domain.payments.money import Money
from app.domain.payments.paypal.answers import read_capture, read_order, read_problem, read_refund

AMOUNT = {"currency_code": "USD", "value": "100.00"}
CAPTURE: dict[str, Any] = {
    "id": "2GG279541U471931P",
    "status": "COMPLETED",
    "amount": AMOUNT,
    "custom_id": "ours",
    "new_field": [1],
}
ORDER: dict[str, Any] = {
    "id": "5O190127TN364715T",
    "status": "COMPLETED",
    "purchase_units": [{"amount": AMOUNT, "custom_id": "ours", "payments": {"captures": [CAPTURE]}}],
    "payer": {"payer_id": "QYR5Z8XDVJNXQ", "name": {"given_name": "John"}},
    "links": [{"rel": "self", "href": "https://api-m.paypal.com/v2/checkout/orders/5O190127TN364715T"}],
}
REFUND: dict[str, Any] = {
    "id": "1JU08902781691411",
    "status": "COMPLETED",
    "amount": AMOUNT,
    "links": [{"rel": "up", "href": "https://api-m.paypal.com/v2/payments/captures/2GG279541U471931P"}],
}
READERS: dict[str, tuple[Callable[[bytes], Any], dict[str, Any]]] = {
    "order": (read_order, ORDER),
    "capture": (read_capture, CAPTURE),
    "refund": (read_refund, REFUND),
}

MISSING = object()


def having(path: str, value: Any) -> Callable[[Any], None]:
    """Return a function that sets a value in a document, or removes it if the value is MISSING."""

    def change(document: Any) -> None:
        *parents, last = path.split(".")
        for name in parents:
            document = document[int(name) if name.isdigit() else name]
        document[last] = value
        if value is MISSING:
            del document[last]

    return change


def without(path: str) -> Callable[[Any], None]:
    return having(path, MISSING)


@pytest.mark.parametrize("kind", READERS)
def test_as_documented(kind: str) -> None:
    read, document = READERS[kind]
    found = read(json.dumps(document).encode())
    assert (found.id, found.amount) == (document["id"], Money(Decimal(100), "USD"))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("order", without("id")),
        ("order", without("status")),
        ("order", having("status", "PAID")),
        ("order", without("purchase_units")),
        ("order", having("purchase_units", [])),
        ("order", having("purchase_units", ORDER["purchase_units"] * 2)),
        ("order", without("purchase_units.0.amount")),
        ("order", having("purchase_units.0.payments.captures.0.status", "SETTLED")),
        ("order", having("purchase_units.0.payments.captures.0.amount.value", "1e2")),
        ("order", having("purchase_units.0.custom_id", 7)),
        ("order", having("links", [{"rel": "approve"}])),
        ("capture", having("amount.value", 100.0)),
        ("capture", having("amount.value", "NaN")),
        ("capture", having("amount.value", "-100.00")),
        ("capture", having("amount.value", "100.001")),
        ("capture", having("amount.currency_code", "usd")),
        ("capture", without("amount.currency_code")),
        ("refund", having("status", "DONE")),
        ("refund", without("amount")),
    ],
)
def test_other_documents_are_refused(kind: str, change: Callable[[Any], None]) -> None:
    read, document = READERS[kind]
    broken = copy.deepcopy(document)
    change(broken)
    with pytest.raises(ValueError, match=r".+"):
        read(json.dumps(broken).encode())


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<html>", b"\xff", b'{"name": 1}'])
def test_invalid_bodies_are_refused(body: bytes) -> None:
    for read in (read_order, read_capture, read_refund, read_problem):
        with pytest.raises(ValueError, match=r".+"):
            read(body)


def test_of_several_captures_the_completed_one_counts() -> None:
    captures = [
        CAPTURE | {"id": "1", "status": "DECLINED"},
        CAPTURE | {"id": "2"},
        CAPTURE | {"id": "3", "status": "FAILED"},
    ]
    order = copy.deepcopy(ORDER)
    having("purchase_units.0.payments.captures", captures)(order)
    found = read_order(json.dumps(order).encode())
    assert found.capture
    assert found.capture.id == "2"


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ([("self", "a"), ("payer-action", "b")], "b"),
        ([("approve", "b"), ("capture", "c")], "b"),
        ([("self", "a")], None),
    ],
)
def test_the_approval_url_is_read_from_the_links(links: list[tuple[str, str]], url: str | None) -> None:
    order = ORDER | {"links": [{"rel": relation, "href": href} for relation, href in links]}
    assert read_order(json.dumps(order).encode()).approval_url == url


def test_the_payer_is_read_from_either_field() -> None:
    wallet = {name: value for name, value in ORDER.items() if name != "payer"} | {
        "payment_source": {"paypal": {"account_id": "C7CYMKZDG8D6E"}}
    }
    assert read_order(json.dumps(ORDER).encode()).payer_id == "QYR5Z8XDVJNXQ"
    assert read_order(json.dumps(wallet).encode()).payer_id == "C7CYMKZDG8D6E"
