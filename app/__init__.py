"""Doctor-appointment booking."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Load `create_app` on first use: the `litestar` command looks for it here, and `import app` stays fast."""
    if name == "create_app":
        from app.main import create_app  # noqa: PLC0415  see above

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
