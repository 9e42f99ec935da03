"""The environment variables that API and worker get from the operator's."""

import pytest

from app.sandbox.stack.environment import base_environment, bypass_proxy_locally, read_configured_servers


@pytest.mark.parametrize(
    ("given", "no_proxy"),
    [
        ({}, "127.0.0.1"),
        ({"NO_PROXY": "example.org"}, "example.org,127.0.0.1"),
        (
            {"NO_PROXY": "example.org", "no_proxy": "example.com"},
            "example.com,127.0.0.1",
        ),  # the lower-case name wins, as for httpx and curl
    ],
)
def test_local_addresses_bypass_the_proxy(given: dict[str, str], no_proxy: str) -> None:
    assert bypass_proxy_locally(given) == {"no_proxy": no_proxy}


@pytest.mark.parametrize("base_url", ["", "https://api-m.sandbox.paypal.com"])
def test_credentials_are_passed_on_only_with_a_paypal_address(base_url: str) -> None:
    given = {"PAYPAL_BASE_URL": base_url, "PAYPAL_CLIENT_ID": "x", "PAYPAL_CLIENT_SECRET": "y"}
    seen = base_environment(given, read_configured_servers(given))
    assert ("PAYPAL_CLIENT_SECRET" in seen) == ("PAYPAL_CLIENT_ID" in seen) == bool(base_url)
