"""`./task migration -- "title"`: writes the skeleton of the next versioned migration."""

import re
import sys

from alembic.script import ScriptDirectory

from app.db.engine import MIGRATIONS


def write_skeleton(title: str, folder: str = str(MIGRATIONS)) -> str:
    """Write `versions/NNNN_title.py`, the successor of the newest migration; return its path."""
    scripts = ScriptDirectory(folder, file_template="%(rev)s")
    head = scripts.get_current_head()
    number = int(head.partition("_")[0]) + 1 if head else 1
    slug = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    made = scripts.generate_revision(f"{number:04}_{slug}"[:32], title, head=head)
    assert made is not None  # noqa: S101  None only for a template without a script
    return str(made.path)


if __name__ == "__main__":
    print(write_skeleton(" ".join(sys.argv[1:])))  # noqa: T201
