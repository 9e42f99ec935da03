"""The release number has one source, and releases are compared by number."""

from importlib.metadata import version

import pytest

from app.api.openapi.document import openapi_config
from app.db.release import OLDEST_PROGRAM, RELEASE, SchemaRelease


def test_the_release_number_is_the_same_everywhere() -> None:
    assert version("doctor-appointment-booking") == RELEASE == openapi_config().version


def test_this_program_runs_on_its_own_schema() -> None:
    own = SchemaRelease(RELEASE, OLDEST_PROGRAM)
    assert own.why_unusable() is None
    assert not own.is_newer


@pytest.mark.parametrize(("release", "is_newer"), [("0.0.9", False), ("0.10.0", True), ("10.0.0", True)])
def test_numbers_are_compared_as_numbers(release: str, *, is_newer: bool) -> None:
    schema = SchemaRelease(release, "0.0.1")
    assert schema.is_newer == is_newer
    assert (schema.why_unusable() is None) == is_newer
