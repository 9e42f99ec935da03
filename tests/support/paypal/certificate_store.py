"""A certificate store that trusts one root, and a certificate issued by that root."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.domain.payments.paypal.certificate_chain import trusted_roots
from app.domain.payments.paypal.certificates import Certificates
from tests.support.paypal.certificate_authority import NOW, issue, root
from tests.support.paypal.fake_internet import FakeInternet

HOST = "api.paypal.com:443"
PATH = "/v1/notifications/certs/CERT-1"
URL = f"https://api.paypal.com{PATH}"
TRUSTED_ROOT = root()
SIGNER = issue(TRUSTED_ROOT)


class Clock:
    """A clock that stands still between calls of `wait`."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, time: timedelta) -> None:
        self.now += time


def certificates(internet: FakeInternet, clock: Callable[[], datetime] = lambda: NOW) -> Certificates:
    """Return a store that trusts `TRUSTED_ROOT`."""
    return Certificates(internet.client, trusted_roots(TRUSTED_ROOT.pem), clock=clock)
