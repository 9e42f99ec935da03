"""The page /docs in a browser."""

import json
import re
import subprocess
from asyncio import to_thread
from pathlib import Path

from app.api.openapi.file import FILE
from app.sandbox.stack.service import Api
from tests.system.programs import find

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--disable-gpu", "--disable-dev-shm-usage"),
    "--no-sandbox",  # Chromium's sandbox refuses root
    *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=20000", "--timeout=60000", "--dump-dom"),
)


async def test_it_shows_every_operation(api: Api, tmp_path: Path) -> None:
    command = [find(*BROWSERS, package="chromium"), *OPTIONS, f"--user-data-dir={tmp_path}", f"{api.url}/docs"]
    run = await to_thread(subprocess.run, command, check=True, capture_output=True, text=True, timeout=120)
    shown = set(re.findall(r'id="operations-(?!tag-)\w+-(\w+)"', run.stdout))
    paths = json.loads(FILE.read_text(encoding="utf-8"))["paths"].values()
    assert shown == {operation["operationId"] for path in paths for operation in path.values()}
    assert [line for line in run.stderr.splitlines() if "CONSOLE" in line] == []
