"""What the PayPal stand-in remembers, in one SQLite file, so that a payment outlives a restart."""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct, field

CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # PayPal's ids leave out what people mix up


def new_id(length: int = 17) -> str:
    """Return a random id as PayPal makes them."""
    return "".join(secrets.choice(CAPITALS) for _ in range(length))


def now() -> str:
    """Return this moment as PayPal writes times."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Amount(Struct, frozen=True):
    """Money as it is written in JSON."""

    currency_code: str
    value: str

    @property
    def number(self) -> Decimal:
        """The value, to compute with."""
        return Decimal(self.value)


class Order(Struct, kw_only=True):
    """An order of one purchase unit. Without a payment source it is CREATED, with one PAYER_ACTION_REQUIRED."""

    id: str = field(default_factory=new_id)
    status: Literal["CREATED", "PAYER_ACTION_REQUIRED", "APPROVED", "COMPLETED"]
    has_source: bool
    amount: Amount
    reference_id: str
    description: str | None
    custom_id: str | None
    invoice_id: str | None
    return_url: str | None
    cancel_url: str | None
    attempts: int = 0
    captures: list[str] = []
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)


class Capture(Struct, kw_only=True):
    """Money taken from the payer, or to be taken (PENDING), or not (DECLINED)."""

    id: str = field(default_factory=new_id)
    order_id: str
    status: Literal["COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "FAILED"]
    reason: str | None = None
    amount: Amount
    custom_id: str | None
    invoice_id: str | None
    is_reversed: bool = False
    refunds: list[str] = []
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)


class Refund(Struct, kw_only=True):
    """Money given back to the payer, or to be given back (PENDING), or not (FAILED, CANCELLED)."""

    id: str = field(default_factory=new_id)
    capture_id: str
    status: Literal["CANCELLED", "FAILED", "PENDING", "COMPLETED"]
    reason: str | None = None
    amount: Amount
    custom_id: str | None = None
    invoice_id: str | None = None
    note: str | None = None
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)


class Receipt(Struct, kw_only=True):
    """What became of a request with a PayPal-Request-Id: the resource that it made, or the decline."""

    id: str
    resource: str | None = None
    issue: str | None = None
    redirect: str | None = None


class Event(Struct, kw_only=True):
    """A webhook event; `body` are the bytes to send, `copies` how often."""

    id: str = field(default_factory=lambda: f"WH-{new_id()}-{new_id()}")
    type: str
    body: bytes = b""
    state: Literal["due", "withheld", "delivered", "given up"] = "due"
    copies: int = 1
    attempts: int = 0
    wait: float = 0  # seconds before the first attempt


class Fact(Struct):
    """A value that has a name."""

    id: str
    value: str


Record = Order | Capture | Refund | Receipt | Event | Fact
R = TypeVar("R", Order, Capture, Refund, Receipt, Event, Fact)

TABLE = "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, document BLOB NOT NULL, UNIQUE (kind, id))"
PUT = "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document"


class Store:
    """All records by their kind and id; without a path, in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")  # what was written survives our death, if not the machine's
        self._database.execute(TABLE)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of what the block writes, or, if it raises, nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def put(self, record: Record) -> None:
        """Write a record, in place of an earlier one of its id."""
        self._database.execute(PUT, (type(record).__name__, record.id, msgspec.json.encode(record)))

    def find(self, kind: type[R], id_: str) -> R | None:
        """Return a record, or None."""
        found = self._database.execute(
            "SELECT document FROM record WHERE kind = ? AND id = ?", (kind.__name__, id_)
        ).fetchone()
        return msgspec.json.decode(found[0], type=kind) if found else None

    def get(self, kind: type[R], id_: str) -> R:
        """Return a record that is there."""
        found = self.find(kind, id_)
        if found is None:
            raise LookupError(f"{kind.__name__} {id_}")
        return found

    def all(self, kind: type[R]) -> list[R]:
        """Return all records of a kind, the oldest first."""
        rows = self._database.execute("SELECT document FROM record WHERE kind = ? ORDER BY rowid", (kind.__name__,))
        return [msgspec.json.decode(document, type=kind) for (document,) in rows]

    def fact(self, name: str) -> str | None:
        """Return a named value, or None."""
        found = self.find(Fact, name)
        return found.value if found else None

    def put_fact(self, name: str, value: str) -> None:
        """Write a named value."""
        self.put(Fact(name, value))
