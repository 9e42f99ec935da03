"""Money as PayPal takes it: a decimal number and a currency, never a float."""

import re
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import force_setattr

# https://developer.paypal.com/api/rest/reference/currency-codes/: the others that PayPal takes have two decimals
ZERO_DECIMAL_CURRENCIES = frozenset({"HUF", "JPY", "TWD"})
MAX_AMOUNT = Decimal("999999999999999.99")

_TEXT = re.compile(r"[0-9]{1,15}(\.[0-9]+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class Money(Struct, frozen=True):
    """An amount, not below zero, with exactly as many decimals as its currency has: 100.00 USD, 100 JPY.

    Raises ValueError for anything that is no such amount: NaN, a float, -1, half a cent.
    """

    value: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Check the amount, and write it with the currency's decimals."""
        if not isinstance(self.value, Decimal):  # a Struct that is not decoded checks no types
            raise ValueError("An amount is a Decimal.")
        if not self.value.is_finite():
            raise ValueError("An amount is finite.")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("A currency has three capital letters.")
        if self.value.is_signed() or self.value > MAX_AMOUNT:
            raise ValueError(f"An amount is not negative and at most {MAX_AMOUNT}.")
        exact = self.value.quantize(Decimal(1) if self.currency in ZERO_DECIMAL_CURRENCIES else Decimal("0.01"))
        if exact != self.value:
            raise ValueError("An amount has no more decimals than its currency.")
        force_setattr(self, "value", exact)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read `text`, which is digits with or without decimals. Raises ValueError for any other text."""
        if not _TEXT.fullmatch(text):
            raise ValueError("An amount is written with digits and at most one point.")
        return cls(Decimal(text), currency)

    @property
    def text(self) -> str:
        """The amount as PayPal wants it, `100.00` or, without decimals, `100`."""
        return str(self.value)
