"""The release of this program, and which programs can run on its schema."""

from typing import NamedTuple

RELEASE = "0.1.0"
# The oldest program that works on this release's schema. Raise it in a release that removes something; until then, old
# and new programs run side by side (expand now, contract a release later).
OLDEST_PROGRAM = "0.1.0"


class SchemaRelease(NamedTuple):
    """The release that last migrated a database, and the oldest program that can run on it."""

    release: str
    oldest_program: str

    @property
    def is_newer(self) -> bool:
        """Whether a newer program migrated the database."""
        return _key(self.release) > _key(RELEASE)

    def why_unusable(self) -> str | None:
        """Return why this program cannot run on the schema, and what to do, or None."""
        if _key(self.release) < _key(RELEASE):
            return f"The schema (release {self.release}) is older than this program ({RELEASE}): run `booking migrate`."
        if _key(RELEASE) < _key(self.oldest_program):
            needed = f"needs at least program {self.oldest_program}, but this one is {RELEASE}"
            return f"The schema (release {self.release}) {needed}."
        return None


NEWEST = "SELECT release, oldest_program FROM schema_release ORDER BY applied_at DESC LIMIT 1"


def _key(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
