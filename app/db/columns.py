"""The columns that a statement reads into a Struct.

A statement that names its columns still works after a later release has added columns to a table or view, so that both
releases can run side by side. With `SELECT *`, the rows would have more columns than the Struct has fields.
"""

from collections.abc import Iterable

from msgspec import Struct


def column_list(columns: type[Struct] | Iterable[str], *, of: str = "") -> str:
    """Return a SELECT list of a Struct's fields, or of the given names; `of` is the alias of a table."""
    names = columns.__struct_fields__ if isinstance(columns, type) else columns
    return ", ".join(f'{of}."{name}"' if of else f'"{name}"' for name in names)  # "end" is a keyword
