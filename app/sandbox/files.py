"""Files that only their owner may read: the passwords, and `stack.json`."""

import json
import os
import secrets
from pathlib import Path

from app.sandbox.errors import SandboxError


def write_private(path: Path, content: str) -> None:
    """Replace the content of `path` atomically, with mode 0600."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # otherwise a power failure after the rename could leave an empty file
    new.replace(path)


def secret(home: Path, name: str) -> str:
    """Return the secret `name` of `home`, created on first use: 43 characters that are safe in a URL."""
    known = _secrets(home)
    if name not in known:
        known[name] = secrets.token_urlsafe(32)
        write_private(home / "secrets", json.dumps(known, indent=2))
    return known[name]


def has_secret(home: Path, name: str) -> bool:
    """Whether `home` has the secret `name`."""
    return name in _secrets(home)


def _secrets(home: Path) -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads((home / "secrets").read_text())
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        raise SandboxError(f"{home / 'secrets'} is not valid JSON: {error}") from error
    return known
