"""The page at /docs loads nothing from other hosts."""

import re
from html.parser import HTMLParser

from httpx import AsyncClient

LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src"}


class Loads(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(LOADING.get(tag, ""))
        if address:
            self.addresses.append(address)


async def test_it_loads_only_files_of_this_server(client: AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    addresses = Loads(page.text).addresses
    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith("/docs/assets/"), address
        answer = await client.get(address)
        assert answer.status_code == 200
        assert len(answer.content) > 500


async def test_its_style_loads_nothing_from_elsewhere(client: AsyncClient) -> None:
    style = (await client.get("/docs/assets/swagger-ui.css")).text
    loaded = [address.strip("'\"") for address in re.findall(r"url\(([^)]*)\)", style)]
    assert all(address.startswith("data:") for address in loaded), loaded
    assert "@import" not in style


async def test_its_script_uses_no_online_validator(client: AsyncClient) -> None:
    """Given a URL, Swagger UI sends it to validator.swagger.io; so the page contains the document itself."""
    page = (await client.get("/docs")).text
    assert re.search(r"spec:\s*\{", page)
    assert not re.search(r"\burl:", page)


async def test_it_contains_every_path_of_the_document(client: AsyncClient) -> None:
    document = (await client.get("/docs/openapi.json")).json()
    page = (await client.get("/docs")).text
    for path in document["paths"]:
        assert path in page
