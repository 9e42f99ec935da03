"""Where the wheels of the extra `sandbox` keep their programs."""

import importlib.util
from pathlib import Path

from app.sandbox.errors import SandboxError


def wheel_folder(package: str, instead: str) -> Path:
    """Return the folder of `package`, without importing it.

    Raises SandboxError, which names the extra and what could be given `instead`, if it is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        hint = "pip install 'doctor-appointment-booking[sandbox]'"
        raise SandboxError(f"the package {package} is missing: {hint}, or set {instead}")
    return Path(found.origin).parent
