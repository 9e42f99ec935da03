"""The mails of the simulated practice. They are sent as the worker sends them, except to one unreachable patient."""

import secrets
from datetime import timedelta

from app.domain.notifications.repository import CLAIM, DUE_ACCOUNTS, DUE_TO, FAILED, SENT
from app.workers.notifications import LEASE, MAILS_PER_DISPATCH
from tests.robustness.model.model_postgres import Postgres

DELIVERY_RESULTS = "SELECT status, count(*) FROM notification GROUP BY status ORDER BY status"
PERMANENTLY = False
GIVEN_UP = "SELECT attempts, due_at - created_at AS after FROM notification WHERE status = 'failed'"


class SimulatedMail:
    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.unreachable = ""

    def deliver(self) -> None:
        """Send every mail that is due."""
        for account in self.postgres.act(DUE_ACCOUNTS, MAILS_PER_DISPATCH):
            for due in self.postgres.act(DUE_TO, account["account_id"], 0):
                for message in self.postgres.act(CLAIM, due["id"], LEASE, secrets.token_bytes(32)):
                    self._send(message["id"], message["email"])

    def _send(self, message: int, address: str) -> None:
        self.unreachable = self.unreachable or address
        if address == self.unreachable:
            self.postgres.act(FAILED, message, "mailbox out of order", PERMANENTLY)
        else:
            self.postgres.act(SENT, message)

    def statuses(self) -> dict[str, int]:
        return {row["status"]: row["count"] for row in self.postgres.act(DELIVERY_RESULTS, by="superuser")}

    def given_up_early(self) -> list[tuple[int, timedelta]]:
        """Return the mails that failed for good after fewer than 30 attempts or 18 hours."""
        rows = self.postgres.act(GIVEN_UP, by="superuser")
        return [tuple(row) for row in rows if row["attempts"] < 30 or row["after"] < timedelta(hours=18)]
