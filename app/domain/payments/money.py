"""Money as PayPal accepts it: a decimal number and a currency, never a float."""

import re
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import force_setattr

# https://developer.paypal.com/api/rest/reference/currency-codes/: PayPal's other currencies have two decimals
ZERO_DECIMAL_CURRENCIES = frozenset({"HUF", "JPY", "TWD"})
MAX_AMOUNT = Decimal("999999999999999.99")

_TEXT = re.compile(r"[0-9]{1,15}(\.[0-9]+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class Money(Struct, frozen=True):
    """A non-negative amount with exactly as many decimals as its currency has: 100.00 USD, 100 JPY.

    Raises ValueError for any other value, such as NaN, a float, -1 or half a cent.
    """

    value: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Check the amount, and set the currency's number of decimals."""
        if not isinstance(self.value, Decimal):  # msgspec checks types only when it decodes
            raise ValueError("An amount must be a Decimal.")
        if not self.value.is_finite():
            raise ValueError("An amount must be finite.")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("A currency must have three capital letters.")
        if self.value.is_signed() or self.value > MAX_AMOUNT:
            raise ValueError(f"An amount must be between 0 and {MAX_AMOUNT}.")
        exact = self.value.quantize(Decimal(1) if self.currency in ZERO_DECIMAL_CURRENCIES else Decimal("0.01"))
        if exact != self.value:
            raise ValueError("An amount must not have more decimals than its currency.")
        force_setattr(self, "value", exact)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Parse digits with or without decimals. Raises ValueError for any other text."""
        if not _TEXT.fullmatch(text):
            raise ValueError("An amount must consist of digits and at most one point.")
        return cls(Decimal(text), currency)

    @property
    def text(self) -> str:
        """The amount as PayPal expects it: `100.00`, or `100` for a currency without decimals."""
        return str(self.value)
