"""Finds the programs in the wheels of the extra `sandbox`."""

import importlib.util
from pathlib import Path

from app.sandbox.errors import SandboxError


def wheel_folder(package: str, instead: str) -> Path:
    """Return the folder of `package` without importing it.

    Raises SandboxError if it is not installed. The message names the extra, and the variable to set `instead`.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        hint = "pip install 'doctor-appointment-booking[sandbox]'"
        raise SandboxError(f"the package {package} is not installed: run {hint}, or set {instead}")
    return Path(found.origin).parent
