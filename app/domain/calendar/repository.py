"""The private calendar link of an account, and the appointments behind it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.columns import column_list
from app.db.driver import fetch
from app.domain.calendar.schemas import FeedEntry

OPEN = "SELECT open_calendar_feed($1, $2)"
CLOSE = "SELECT close_calendar_feed($1)"
ENTRIES = f"SELECT {column_list(FeedEntry)} FROM calendar_feed_entries($1)"  # noqa: S608  only constants


@dataclass(frozen=True)
class CalendarFeedRepository:
    """Creates and deletes links, and reads the appointments behind one."""

    engine: AsyncEngine

    async def open(self, account_id: int, token_hash: bytes) -> None:
        """Create the account's link with a token (SHA-256). The previous link stops working."""
        await fetch(self.engine, OPEN, account_id, token_hash)

    async def close(self, account_id: int) -> None:
        """Delete the account's link, if there is one."""
        await fetch(self.engine, CLOSE, account_id)

    async def entries(self, token_hash: bytes) -> list[FeedEntry] | None:
        """Return the appointments behind the link with a token (SHA-256), in order; None if there is no such link."""
        rows = await fetch(self.engine, ENTRIES, token_hash)
        return [FeedEntry(**row) for row in rows if row["uid"]] if rows else None
