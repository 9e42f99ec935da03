"""Security headers, and the origins whose pages may call the API."""

import pytest
from httpx import AsyncClient

from app.settings import Settings
from tests.support.http.clients import api_client
from tests.support.http.registration import ME

OURS, STRANGE = "https://clinic.example.com", "https://evil.example"


@pytest.mark.parametrize("path", ["/api/doctors/", ME, "/nowhere", "/health/live", "/api/doctors/0/"])
async def test_every_response_has_the_headers(client: AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers


async def test_other_origins_may_not_call(client: AsyncClient) -> None:
    answer = await client.get("/api/doctors/", headers={"Origin": STRANGE})
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_configured_origins_may_call(settings: Settings) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with api_client(settings, cors_origins=OURS) as client:
        ours, strange = [
            await client.options("/api/appointments/appointments/", headers={"Origin": origin, **asked})
            for origin in (OURS, STRANGE)
        ]
        answer = await client.get("/api/doctors/", headers={"Origin": OURS})
    assert ours.headers["access-control-allow-origin"] == OURS
    assert "authorization" in ours.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-origin" not in strange.headers
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers  # the API uses no cookies
