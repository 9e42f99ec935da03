"""Fixtures of the database tests."""

import pytest

pytest.register_assert_rewrite("tests.db.model_story")  # so that it says in which row the two sides differ
