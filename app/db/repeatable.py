"""The database's functions, triggers, views, roles and grants as they are now: `app/db/sql/`.

Its folders are run in the order of FOLDERS, the files of a folder in order of name; those that others of the same
folder are built on begin with a number.
"""

from pathlib import Path

SQL = Path(__file__).parent / "sql"
FOLDERS = (
    "setup",
    "common",
    "appointments",
    "schedule",
    "accounts",
    "waitlist",
    "payments",
    "notifications",
    "history",
    "maintenance",
    "admin",
    "tables",
    "seed",
)


def repeatable_sql() -> str:
    """Return every file of `app/db/sql/` as one script that may be run again at any time without effect."""
    # Bodies are not checked when created, so that functions may call each other whatever the order of their files.
    files = (path.read_text() for folder in FOLDERS for path in sorted((SQL / folder).glob("*.sql")))
    return "SET check_function_bodies = off;\n\n" + "\n".join(files)
