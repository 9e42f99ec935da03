"""PostgreSQL's side of a history on a running clock."""

import asyncpg

from app.db.driver import MAX_ATTEMPTS, is_retryable
from app.workers.sweep import DOCTORS_PER_SWEEP
from app.workers.sweep_repository import DOCTORS
from tests.robustness.model.model_postgres import Postgres

ACTORS = ("app", "admin")


class RealTimePostgres(Postgres):
    """Retries what the API retries. A transaction may begin before the act in it."""

    has_begun = False

    def begin(self) -> None:
        """Begin the transaction of the next act now."""
        for role in ACTORS:
            super().act("BEGIN", by=role)
        self.has_begun = True

    def act(self, statement: str, *arguments: object, by: str = "app") -> list[asyncpg.Record]:
        """Run a statement as a role. Raises Refused with the rule that it breaks."""
        for _ in range(MAX_ATTEMPTS):
            try:
                return self._act(statement, *arguments, by=by)
            except asyncpg.PostgresError as error:
                if not is_retryable(error):
                    raise
        raise TimeoutError(statement)

    def _act(self, statement: str, *arguments: object, by: str) -> list[asyncpg.Record]:
        if not self.has_begun:
            return super().act(statement, *arguments, by=by)
        try:
            rows = super().act(statement, *arguments, by=by)
            super().act("COMMIT", by=by)
        finally:
            self.has_begun = False
            for role in ACTORS:
                super().act("ROLLBACK", by=role)
        return rows

    def to_sweep(self) -> list[int]:
        return sorted(row["doctor_id"] for row in self.act(DOCTORS, DOCTORS_PER_SWEEP))
