"""Appointments that the booking window would not let begin now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from tests.support.factories import past_appointment
from tests.support.servers.databases import Database


async def visit(database: Database, doctor: int, patient: int, start: datetime, **columns: Any) -> int:
    """Add an appointment that began at `start`, confirmed unless `columns` say otherwise; return its id."""
    root = await asyncpg.connect(database.superuser)
    try:
        return await past_appointment(root, doctor, patient, start=start, **{"status": "confirmed"} | columns)
    finally:
        await root.close()


def ago(**span: float) -> datetime:
    """Return the instant so long ago."""
    return datetime.now(UTC) - timedelta(**span)
