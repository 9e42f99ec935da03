"""Watching what the driver tries again."""

from collections import Counter

import pytest

from app.db import driver


def count_retries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return a count of the errors that statements are tried again after, by SQLSTATE; it goes on counting."""
    met: Counter[str] = Counter()
    is_retryable = driver.is_retryable

    def count(error: Exception) -> bool:
        if not is_retryable(error):
            return False
        met[str(getattr(error, "sqlstate", ""))] += 1
        return True

    monkeypatch.setattr(driver, "is_retryable", count)
    return met
