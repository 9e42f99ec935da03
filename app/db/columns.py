"""The columns that a statement reads into a Struct.

A statement that names its columns returns the same rows after a later release has added columns to a table or view,
so processes of both releases can run while that release is deployed. `SELECT *` would return more than a Struct takes.
"""

from collections.abc import Iterable

from msgspec import Struct


def column_list(columns: type[Struct] | Iterable[str], *, of: str = "") -> str:
    """Return a SELECT list of a Struct's fields, or of the given names; `of` qualifies each with a table's alias."""
    names = columns.__struct_fields__ if isinstance(columns, type) else columns
    return ", ".join(f'{of}."{name}"' if of else f'"{name}"' for name in names)  # "end" is a keyword
