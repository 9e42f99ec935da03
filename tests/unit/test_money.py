"""Amounts are exact; every other text or value is refused."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.payments.money import ZERO_DECIMAL_CURRENCIES, Money

CENTS = st.integers(0, 99_999_999_999_999_999)


@given(CENTS, st.sampled_from(["USD", "EUR", "JPY", "HUF", "TWD"]))
def test_an_amount_survives_writing_and_reading(cents: int, currency: str) -> None:
    value = Decimal(cents // 100) if currency in ZERO_DECIMAL_CURRENCIES else Decimal(cents).scaleb(-2)
    money = Money(value, currency)
    assert money.value == value
    assert Money.parse(money.text, currency) == money
    assert ("." in money.text) == (currency not in ZERO_DECIMAL_CURRENCIES)


@pytest.mark.parametrize(
    ("text", "currency", "written"),
    [
        ("100", "USD", "100.00"),
        ("100.5", "USD", "100.50"),
        ("100.5000", "USD", "100.50"),
        ("0", "USD", "0.00"),
        ("100.00", "JPY", "100"),
        ("999999999999999.99", "EUR", "999999999999999.99"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(text: str, currency: str, written: str) -> None:
    assert Money.parse(text, currency).text == written
    assert Money(Decimal(text), currency) == Money.parse(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "Infinity",
        "1e2",
        "-100",
        "+1",
        "-0",
        "0x1",
        "1,00",
        " 1",
        "1\n",
        ".5",
        "1.",
        "1_0",
        "٣",
        "1.001",
        "9" * 30,
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money.parse(text, "USD")


@pytest.mark.parametrize(
    "value",
    [
        *(100, 100.0, "100", None, True),
        *map(Decimal, ("NaN", "sNaN", "Infinity", "-Infinity", "-1", "-0", "-0.00", "0.001", "1e15", "1e1000000")),
    ],
)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money(value, "USD")


def test_yen_have_no_decimals() -> None:
    with pytest.raises(ValueError, match="decimals"):
        Money(Decimal("0.5"), "JPY")


@pytest.mark.parametrize("currency", ["", "usd", "US", "USDX", "US\n", "ÜSD"])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match="currency"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize("value", ["NaN", "-1", "1e-3"])
def test_an_invalid_amount_in_json_is_refused(value: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps({"value": value, "currency": "USD"}), type=Money)
