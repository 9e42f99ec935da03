"""What an answer tells browsers, and which pages of other origins may call."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from app.main import create_app
from app.settings import Settings
from tests.conftest import SECRET
from tests.support.http.registration import ME
from tests.support.servers.databases import Database
from tests.support.servers.http_server import serving

OURS, STRANGE = "https://clinic.example.com", "https://evil.example"


@pytest.mark.parametrize("path", ["/api/doctors/", ME, "/nowhere", "/health/live", "/api/doctors/0/"])
async def test_every_answer_is_safe_for_browsers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers


async def test_no_page_of_another_origin_may_call_unless_it_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/doctors/", headers={"Origin": STRANGE})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest_asyncio.fixture
async def open_client(database: Database, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(secret_key=SECRET, database_url=database.app, redis_url=redis_url, cors_origins=OURS)
    async with serving(create_app(settings)) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


async def test_the_pages_of_named_origins_may_call(open_client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    ours = await open_client.options("/api/appointments/appointments/", headers={"Origin": OURS, **asked})
    assert ours.headers["access-control-allow-origin"] == OURS
    assert "authorization" in ours.headers["access-control-allow-headers"].lower()
    strange = await open_client.options("/api/appointments/appointments/", headers={"Origin": STRANGE, **asked})
    assert "access-control-allow-origin" not in strange.headers
    answer = await open_client.get("/api/doctors/", headers={"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers  # tokens are sent by hand, cookies never
