"""How the model's comparisons report a difference."""

import pytest

pytest.register_assert_rewrite("tests.robustness.model.model_comparison")  # names the row in which the two sides differ
