"""Writes `docs/openapi.json`, the document that the API serves at /docs/openapi.json."""

from pathlib import Path

import msgspec

from app.main import create_app
from app.settings import Settings

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"


def document() -> bytes:
    """Return the indented document. It depends on no settings and needs no servers."""
    nowhere = Settings(secret_key="-" * 32, database_url="postgresql://-", redis_url="redis://-")
    schema = create_app(nowhere).openapi_schema.to_schema()
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


if __name__ == "__main__":
    FILE.write_bytes(document())
