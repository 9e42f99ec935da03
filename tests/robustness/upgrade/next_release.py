"""A made-up next release: a copy of this program with every kind of change that a release may make."""

import shutil
import subprocess
import sys
from pathlib import Path

from app.db.migrate import SCRIPTS
from app.db.release import RELEASE
from app.sandbox.stack.service import ROOT

NEXT = "99.0.0"
# Each locks one table, in its own transaction.
MIGRATIONS = {
    "next_1_doctor": (SCRIPTS.get_current_head(), ["ALTER TABLE doctor ADD COLUMN room text NOT NULL DEFAULT ''"]),
    "next_2_appointment": (
        "next_1_doctor",
        [
            "ALTER TABLE appointment ADD COLUMN note text",
            "ALTER TABLE appointment ADD CONSTRAINT appointment_note_valid CHECK (length(note) <= 500) NOT VALID",
        ],
    ),
    "next_3_validate": ("next_2_appointment", ["ALTER TABLE appointment VALIDATE CONSTRAINT appointment_note_valid"]),
}
MIGRATION = '''"""Made up."""

from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in {statements!r}:
        op.execute(statement)
'''
EDITS = {
    "app/db/release.py": (f'RELEASE = "{RELEASE}"\n#', f'RELEASE = "{NEXT}"\n#'),
    # a function calls a new one
    "app/db/sql/appointments/book.sql": ("RETURN QUERY", "PERFORM next_release();\n    RETURN QUERY"),
    # a view has another last column
    "app/db/sql/appointments/api_appointment.sql": ("    updated_at\nFROM", "    updated_at,\n    note\nFROM"),
    # a constraint trigger has another condition
    "app/db/sql/tables/doctor.sql": (
        "WHEN (OLD.timezone <> NEW.timezone)",
        "WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone)",
    ),
    # a rule is new
    "app/domain/rules.py": (
        '    "appointment_immutable":',
        '    "appointment_note_valid": Rule(INVALID, "A note has at most 500 characters."),\n    "appointment_immutable":',
    ),
}
NEW_FUNCTION = """\
CREATE OR REPLACE FUNCTION next_release() RETURNS void
LANGUAGE sql AS $$ SELECT $$;
"""


def make_next_release(folder: Path) -> Path:
    """Copy the program into a folder, change it, and return the folder: `python -m app.cli` there runs the release."""
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in EDITS.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, name
        path.write_text(text.replace(old, new), encoding="utf-8")
    (folder / "app/db/sql/appointments/next_release.sql").write_text(NEW_FUNCTION, encoding="utf-8")
    for revision, (down_revision, statements) in MIGRATIONS.items():
        text = MIGRATION.format(revision=revision, down_revision=down_revision, statements=statements)
        (folder / f"app/db/migrations/versions/{revision}.py").write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "app.domain.rule_answer"], cwd=folder, check=True)
    return folder
