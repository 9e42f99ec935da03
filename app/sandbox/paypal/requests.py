"""The request bodies of the PayPal stand-in, validated as PayPal does."""

import re
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from app.domain.payments.money import MAX_AMOUNT, ZERO_DECIMAL_CURRENCIES
from app.sandbox.paypal.refusals import Refusal, refused
from app.sandbox.paypal.store import Amount

# https://developer.paypal.com/api/rest/reference/currency-codes/
CURRENCIES = (
    *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS"),
    *("JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"),
)

T = TypeVar("T")

CurrencyCode = Annotated[str, Meta(min_length=3, max_length=3)]
Value = Annotated[str, Meta(max_length=32, pattern=r"^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$")]
ReferenceId = Annotated[str, Meta(min_length=1, max_length=256)]
ShortText = Annotated[str, Meta(min_length=1, max_length=127)]
Note = Annotated[str, Meta(min_length=1, max_length=255)]


class Money(Struct):
    """An amount in a request."""

    currency_code: CurrencyCode
    value: Value


class Unit(Struct):
    """A purchase unit. PayPal accepts ten in an order, the stand-in one."""

    amount: Money
    reference_id: ReferenceId = "default"
    description: ShortText | None = None
    custom_id: ShortText | None = None
    invoice_id: ShortText | None = None


class Addresses(Struct):
    """The pages to which the payer's browser returns."""

    return_url: str | None = None
    cancel_url: str | None = None


class Wallet(Struct):
    """The payment source `paypal`."""

    experience_context: Addresses | None = None


class Source(Struct):
    """A payment source."""

    paypal: Wallet


class OrderRequest(Struct):
    """The body that creates an order."""

    intent: Literal["CAPTURE", "AUTHORIZE"]
    purchase_units: Annotated[list[Unit], Meta(min_length=1, max_length=1)]
    payment_source: Source | None = None
    application_context: Addresses | None = None

    @property
    def addresses(self) -> Addresses:
        """The pages to which the payer's browser returns, from the current field or the deprecated one."""
        context = self.payment_source.paypal.experience_context if self.payment_source else None
        return context or self.application_context or Addresses()


class CaptureRequest(Struct):
    """The body that captures an order. It is empty because the payer has chosen the payment source."""


class RefundRequest(Struct):
    """The body that refunds a capture. Without an amount, the whole remainder is refunded."""

    amount: Money | None = None
    custom_id: ShortText | None = None
    invoice_id: ShortText | None = None
    note_to_payer: Note | None = None


def parse(body: bytes, kind: type[T]) -> T:
    """Parse a body. An empty body counts as an empty object. Raises Refusal."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise _refusal_for(str(error)) from error
    except ValueError as error:
        raise refused("MALFORMED_REQUEST_JSON", location="body") from error


def check_amount(money: Money, *, no_decimals: str = "DECIMAL_PRECISION") -> Amount:
    """Return an amount with its currency's decimals. Raises Refusal, with issue `no_decimals` for 1.50 JPY."""
    where = {"field": "/amount/value", "value": money.value, "location": "body"}
    if money.currency_code not in CURRENCIES:
        raise refused("INVALID_CURRENCY_CODE", **where | {"field": "/amount/currency_code"})
    number = Decimal(money.value)
    if number <= 0:
        raise refused("CANNOT_BE_ZERO_OR_NEGATIVE", **where)
    if number > MAX_AMOUNT:
        raise refused("MAX_VALUE_EXCEEDED", **where)
    exact = number.quantize(Decimal(1) if money.currency_code in ZERO_DECIMAL_CURRENCIES else Decimal("0.01"))
    if exact != number:
        raise refused(no_decimals if money.currency_code in ZERO_DECIMAL_CURRENCIES else "DECIMAL_PRECISION", **where)
    return Amount(money.currency_code, str(exact))


_ISSUES_BY_MESSAGE = {
    r"Object missing required field": "MISSING_REQUIRED_PARAMETER",
    r"Invalid enum value": "INVALID_PARAMETER_VALUE",
    r"Expected `str` of length": "INVALID_STRING_LENGTH",
    r"Expected `array` of length >=": "INVALID_ARRAY_MIN_ITEMS",
    r"Expected `array` of length <=": "INVALID_ARRAY_MAX_ITEMS",
    r"Expected `array` of length \d+ to": "INVALID_ARRAY_MAX_ITEMS",
}
_PLACE = re.compile(r"(?:required field `(?P<missing>\w+)`)?(?: - at `\$(?P<path>.*)`)?$")


def _refusal_for(text: str) -> Refusal:
    """Return the refusal for an error message of msgspec."""
    issue = next(
        (issue for start, issue in _ISSUES_BY_MESSAGE.items() if re.match(start, text)), "INVALID_PARAMETER_SYNTAX"
    )
    place = _PLACE.search(text)
    names = re.findall(r"\w+", (place["path"] or "") if place else "")
    missing = [place["missing"]] if place and place["missing"] else []
    return refused(issue, field="/" + "/".join([*names, *missing]), location="body")
