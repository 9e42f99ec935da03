"""Writes `docs/openapi.json`, for whoever generates clients: what the API says of itself at /docs/openapi.json."""

from pathlib import Path

import msgspec

from app.main import create_app
from app.settings import Settings

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"


def document() -> bytes:
    """Return the document, indented. It depends on no setting, and asks no server."""
    nowhere = Settings(secret_key="-" * 32, database_url="postgresql://-", redis_url="redis://-")
    schema = create_app(nowhere).openapi_schema.to_schema()
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


if __name__ == "__main__":
    FILE.write_bytes(document())
