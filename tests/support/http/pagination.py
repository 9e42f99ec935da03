"""Walking a list as its `Link` headers lead."""

from collections.abc import AsyncIterator
from typing import Any

import httpx


async def pages(
    client: httpx.AsyncClient, url: str, headers: dict[str, str] | None = None
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield each page of a list, until one links to no next."""
    next_url: str | None = url
    while next_url:
        answer = await client.get(next_url, headers=headers)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        next_url = answer.links.get("next", {}).get("url")
