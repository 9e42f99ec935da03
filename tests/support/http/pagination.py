"""Paging through a list by its `Link` headers."""

from collections.abc import AsyncIterator
from typing import Any

from httpx import AsyncClient

from tests.support.http.answers import json_of


async def pages(
    client: AsyncClient, url: str, headers: dict[str, str] | None = None
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield each page of a list, up to the one without a link to the next."""
    next_url: str | None = url
    while next_url:
        answer = await client.get(next_url, headers=headers)
        yield json_of(answer)
        next_url = answer.links.get("next", {}).get("url")
