"""Makes pytest explain the assertions that compare the model with PostgreSQL."""

import pytest

pytest.register_assert_rewrite("tests.robustness.model.model_comparison")
