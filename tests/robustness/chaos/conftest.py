"""Fixtures shared with the tests of the worker and the API."""

from tests.api.conftest import client, clients, contract
from tests.workers.conftest import environment, mailbox, make_worker, redis

__all__ = ["client", "clients", "contract", "environment", "mailbox", "make_worker", "redis"]
