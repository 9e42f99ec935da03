"""The schema as defined by the models and the repeatable SQL, without migrations."""

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement, SetColumnComment, SetTableComment

from app.db.models import Base
from app.db.repeatable import read_files

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialect constructors are untyped


def tables_sql() -> str:
    """Return the statements that create the tables of `app/db/models/` with their indexes and comments."""
    statements = [f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in ("btree_gist", "pg_trgm")]
    for table in Base.metadata.sorted_tables:
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        comments = [SetColumnComment(column) for column in table.columns if column.comment]
        elements: list[DDLElement] = [CreateTable(table), *map(CreateIndex, indexes), SetTableComment(table), *comments]
        statements += [str(element.compile(dialect=DIALECT)).strip() for element in elements]
    return ";\n\n".join(statements) + ";\n"


def repeatable_sql() -> str:
    """Return all files of `app/db/sql/` as one script."""
    return "SET check_function_bodies = off;\n\n" + "\n".join(file.text for file in read_files())
