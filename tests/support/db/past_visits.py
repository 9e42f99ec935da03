"""Appointments that begin outside the booking window."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.factories import past_appointment
from tests.support.servers.databases import Database, connected


async def visit(database: Database, doctor: int, patient: int, start: datetime, **columns: Any) -> int:
    """Add an appointment that began at `start`, confirmed unless `columns` say otherwise; return its id."""
    async with connected(database.superuser) as root:
        return await past_appointment(root, doctor, patient, start=start, **{"status": "confirmed"} | columns)


def ago(**span: float) -> datetime:
    """Return the time this long ago."""
    return datetime.now(UTC) - timedelta(**span)
