"""Doctor-appointment booking."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Lead the `litestar` command, which looks here, to the app; `import app` alone stays light."""
    if name == "create_app":
        from app.main import create_app  # noqa: PLC0415  see above

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
