"""The PayPal stand-in's records in an SQLite file, so that payments survive a restart."""

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

CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # PayPal's ids omit characters that look alike


def new_id(length: int = 17) -> str:
    """Return a random id in PayPal's format."""
    return "".join(secrets.choice(CAPITALS) for _ in range(length))


def now() -> str:
    """Return the current time in PayPal's format."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Amount(Struct, frozen=True):
    """An amount of money in PayPal's JSON format."""

    currency_code: str
    value: str

    @property
    def number(self) -> Decimal:
        """The value as a Decimal."""
        return Decimal(self.value)


class Order(Struct, kw_only=True):
    """An order of one purchase unit. A new order is PAYER_ACTION_REQUIRED with a payment source, CREATED without."""

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
    """A capture. PENDING means not decided, DECLINED that no money was taken."""

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
    """A refund. PENDING means not decided, FAILED and CANCELLED that no money was returned."""

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
    """The result of a request with a PayPal-Request-Id: the created resource, or the decline."""

    id: str
    resource: str | None = None
    issue: str | None = None
    redirect: str | None = None


class Event(Struct, kw_only=True):
    """A webhook event. `body` is sent `copies` times."""

    id: str = field(default_factory=lambda: f"WH-{new_id()}-{new_id()}")
    type: str
    body: bytes = b""
    state: Literal["due", "withheld", "delivered", "given up"] = "due"
    copies: int = 1
    attempts: int = 0
    wait: float = 0  # seconds before the first attempt


class Fact(Struct):
    """A named value."""

    id: str
    value: str


Record = Order | Capture | Refund | Receipt | Event | Fact
R = TypeVar("R", Order, Capture, Refund, Receipt, Event, Fact)

TABLE = "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, document BLOB NOT NULL, UNIQUE (kind, id))"
PUT = "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document"


class Store:
    """Stores all records by kind and id; without a path, in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")  # data survives a crash of the process, not of the machine
        self._database.execute(TABLE)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction, which is rolled back if the block raises."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def put(self, record: Record) -> None:
        """Insert or replace a record."""
        self._database.execute(PUT, (type(record).__name__, record.id, msgspec.json.encode(record)))

    def find(self, kind: type[R], id_: str) -> R | None:
        """Return a record, or None."""
        found = self._database.execute(
            "SELECT document FROM record WHERE kind = ? AND id = ?", (kind.__name__, id_)
        ).fetchone()
        return msgspec.json.decode(found[0], type=kind) if found else None

    def get(self, kind: type[R], id_: str) -> R:
        """Return a record. Raises LookupError if it does not exist."""
        found = self.find(kind, id_)
        if found is None:
            raise LookupError(f"{kind.__name__} {id_}")
        return found

    def all(self, kind: type[R]) -> list[R]:
        """Return all records of a kind, oldest first."""
        rows = self._database.execute("SELECT document FROM record WHERE kind = ? ORDER BY rowid", (kind.__name__,))
        return [msgspec.json.decode(document, type=kind) for (document,) in rows]

    def fact(self, name: str) -> str | None:
        """Return a named value, or None."""
        found = self.find(Fact, name)
        return found.value if found else None

    def put_fact(self, name: str, value: str) -> None:
        """Write a named value."""
        self.put(Fact(name, value))
