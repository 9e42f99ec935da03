"""From which URLs a certificate may be fetched."""

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.payments.paypal.certificates import is_paypal_url
from tests.support.paypal.forged_urls import FORGED_URLS, PATH, PAYPAL_URL


@pytest.mark.parametrize("url", FORGED_URLS.values(), ids=FORGED_URLS)
def test_forged_urls(url: str) -> None:
    assert not is_paypal_url(url)


@pytest.mark.parametrize("host", ["paypal.com", "api.paypal.com", "api-m.sandbox.paypal.com", "api.paypal.com:443"])
def test_paypals_urls(host: str) -> None:
    assert is_paypal_url(f"https://{host}{PATH}")


hosts = st.lists(st.sampled_from(["paypal", "com", "evil", "api", "example", "-", "", "x" * 63]), max_size=5)
pieces = st.tuples(
    st.sampled_from(["https://", "http://", "https:/", "HTTPS://", "https:\\\\", "//", ""]),
    st.sampled_from(["", "", "", "paypal.com@", "user:word@", "@"]),
    hosts.map(".".join) | st.sampled_from(["paypal.com", "api.paypal.com", ".paypal.com"]),
    st.sampled_from(["", "", ":443", ":8443", ":", ":0443", ":443@evil.example"]),
    st.sampled_from(["/", PATH, "", "/../", "//evil.example", "#", "?", "\\"]),
).map("".join)
mutilated = st.builds(
    lambda position, much, new: PAYPAL_URL[:position] + new + PAYPAL_URL[position + much :],
    st.integers(0, len(PAYPAL_URL)),
    st.integers(0, 3),
    st.text(max_size=3),
)


@given(url=st.text() | pieces | mutilated)
@example(url=PAYPAL_URL)
def test_an_accepted_url_is_paypals_to_every_parser(url: str) -> None:
    if not is_paypal_url(url):
        return
    parts, fetched = urlsplit(url), httpx.URL(url)
    assert parts.hostname == fetched.host
    assert f".{fetched.host}".endswith(".paypal.com")
    assert (fetched.scheme, fetched.userinfo, fetched.fragment, fetched.query) == ("https", b"", "", b"")
    assert fetched.port is None  # httpx omits 443, the default
    assert (parts.username, parts.password, parts.fragment, parts.query) == (None, None, "", "")
    assert parts.port in {None, 443}
