"""Which release this program is, and which programs may run on the schema that it makes."""

from typing import NamedTuple

RELEASE = "0.1.0"
# The oldest program that works on this release's schema. A release that takes something away counts it up; until then
# old and new programs run side by side (expand, then contract a release later).
OLDEST_PROGRAM = "0.1.0"


class SchemaRelease(NamedTuple):
    """The release that last migrated a database, and the oldest program that it lets run."""

    release: str
    oldest_program: str

    @property
    def is_newer(self) -> bool:
        """Whether a newer program has migrated it."""
        return _key(self.release) > _key(RELEASE)

    def why_unusable(self) -> str | None:
        """Say why this program cannot run on the schema, and what to do; None: it can."""
        if _key(self.release) < _key(RELEASE):
            return f"The schema (release {self.release}) is older than this program ({RELEASE}): run `booking migrate`."
        if _key(RELEASE) < _key(self.oldest_program):
            return (
                f"The schema (release {self.release}) needs a program of {self.oldest_program}; this one is {RELEASE}."
            )
        return None


NEWEST = "SELECT release, oldest_program FROM schema_release ORDER BY applied_at DESC LIMIT 1"


def _key(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
