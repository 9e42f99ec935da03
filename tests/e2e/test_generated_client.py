"""A client that is generated from docs/openapi.json books and cancels an appointment."""

from pathlib import Path

from app.api.openapi.file import FILE
from tests.e2e.generated_client import book_and_cancel, generated


async def test_it_books_and_cancels(tmp_path: Path, api_url: str) -> None:
    async with generated(FILE, tmp_path):
        await book_and_cancel(api_url)
