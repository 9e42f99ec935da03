"""Writes the first migration anew from `models/` and `app/db/sql/`; after the first release it is history."""

from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement, SetColumnComment, SetTableComment

from app.db.models import Base
from app.db.repeatable import repeatable_sql

FIRST_MIGRATION = Path(__file__).parent / "versions" / "0001_initial.sql"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects' constructors untyped


def tables_sql() -> str:
    """Return the statements that create the tables of `models/` with their indexes and comments."""
    statements = [f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in ("btree_gist", "pg_trgm")]
    for table in Base.metadata.sorted_tables:
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        comments = [SetColumnComment(column) for column in table.columns if column.comment]
        elements: list[DDLElement] = [CreateTable(table), *map(CreateIndex, indexes), SetTableComment(table), *comments]
        statements += [str(element.compile(dialect=DIALECT)).strip() for element in elements]
    return ";\n\n".join(statements) + ";\n"


def main() -> None:
    FIRST_MIGRATION.write_text(f"{tables_sql()}\n{repeatable_sql()}")


if __name__ == "__main__":
    main()
