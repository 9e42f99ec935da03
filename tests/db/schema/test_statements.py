"""The program's statements name their columns, which have built-in types."""

import importlib
import pkgutil
import re

import pytest
from asyncpg import Connection

import app as program


def statements() -> dict[str, str]:
    """Return the statements that are constants of the program's modules, by module and name."""
    found = {}
    for module in pkgutil.walk_packages(program.__path__, "app."):
        if module.name.startswith(("app.api", "app.domain", "app.workers")):
            for name, value in vars(importlib.import_module(module.name)).items():
                for key, text in value.items() if isinstance(value, dict) else [("", value)]:
                    if name.isupper() and isinstance(text, str) and re.match(r"\s*SELECT\b", text):
                        found[f"{module.name}.{name}{key and f'[{key}]'}"] = text
    return found


STATEMENTS = statements()


def test_they_are_found() -> None:
    assert len(STATEMENTS) > 50
    assert {"app.domain.appointments.repository.BOOK", "app.domain.waitlist.entries.repository.PAGE[doctor]"} <= set(
        STATEMENTS
    )


@pytest.mark.parametrize("name", STATEMENTS)
async def test_they_name_columns_of_plain_types(app: Connection, name: str) -> None:
    """asyncpg caches composite types, and then cannot decode rows of a table or view that has more columns."""
    text = STATEMENTS[name]
    assert not re.search(r"SELECT \*|\.\*", text)
    returned = (await app.prepare(text)).get_attributes()
    assert [column.name for column in returned if column.type.schema != "pg_catalog"] == []
    assert len({column.name for column in returned}) == len(returned)
