"""Writes the first migration anew from `models.py` and `app/db/sql/`; after the first release it is history."""

from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, SetColumnComment, SetTableComment

from app.db.models import Base
from app.db.present import present_sql

FIRST = Path(__file__).parent / "versions" / "0001_initial.sql"


def tables_sql() -> str:
    """Return the statements that create the tables of `models.py` with their indexes and comments."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects' constructors untyped
    statements: list[str] = ["CREATE EXTENSION IF NOT EXISTS btree_gist"]
    for table in Base.metadata.sorted_tables:
        elements = [CreateTable(table), *map(CreateIndex, sorted(table.indexes, key=lambda i: str(i.name)))]
        comments = [SetTableComment(table), *(SetColumnComment(c) for c in table.columns if c.comment)]
        statements += [str(e.compile(dialect=dialect)).strip() for e in (*elements, *comments)]
    return ";\n\n".join(statements) + ";\n"


def main() -> None:
    FIRST.write_text(f"{tables_sql()}\n{present_sql()}")


if __name__ == "__main__":
    main()
