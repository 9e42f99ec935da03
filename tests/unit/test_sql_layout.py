"""The file of a SQL function follows from its name: its own file, or the file of its only caller."""

import re
from collections.abc import Iterator
from pathlib import Path

from app.db.repeatable import FOLDERS, SQL

NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
MADE = re.compile(r"CREATE (?:OR REPLACE )?(FUNCTION|VIEW|TYPE) (?:admin\.)?(\w+)")
ABOUT = re.compile(r"\b(?:COMMENT|GRANT|REVOKE)\b[^;]*;")
NOT_OF_A_FUNCTION = {"setup", "tables", "seed"}

FILES = sorted(SQL.glob("*/*.sql"))
CODE = {path: ABOUT.sub("", NOISE.sub("", path.read_text(encoding="utf-8"))) for path in FILES}
NAMED = [path for path in FILES if path.parent.name not in NOT_OF_A_FUNCTION]


def main_of(path: Path) -> str:
    """Return the name of a file without the number that orders it."""
    return re.sub(r"^\d+_", "", path.stem)


def users(path: Path, kind: str, name: str) -> Iterator[str]:
    """Yield the other files that call a function, or read a view or type, of a file."""
    used = re.compile(rf"(?<![\w.]){name}\b" + (r"\(" if kind == "FUNCTION" else ""))
    return (other.name for other, code in CODE.items() if other != path and used.search(code))


def test_every_folder_is_loaded() -> None:
    assert set(FOLDERS) == {path.name for path in SQL.iterdir()}
    assert set(FILES) == set(SQL.rglob("*.sql"))


def test_a_file_is_named_after_its_main_function() -> None:
    strangers = [path.name for path in NAMED if main_of(path) not in {name for _, name in MADE.findall(CODE[path])}]
    assert strangers == []


def test_a_function_that_several_files_use_has_a_file_of_its_own() -> None:
    shared = {
        f"{path.name}: {name}": found
        for path in NAMED
        for kind, name in MADE.findall(CODE[path])
        if not name.startswith(main_of(path)) and len(found := sorted(users(path, kind, name))) > 1
    }
    assert shared == {}
