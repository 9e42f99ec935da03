"""The page at /docs in Chromium, under its Content-Security-Policy."""

import re
from pathlib import Path

from httpx import AsyncClient

from tests.support.cli.booking_command import CommandResult
from tests.support.http.answers import json_of
from tests.system.programs import run_program

OPTIONS = (
    "--headless",
    "--no-sandbox",  # Chromium's sandbox does not work for root, nor in most containers
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm is tiny in some containers
    "--enable-logging=stderr",
    "--virtual-time-budget=30000",  # milliseconds of the page's clock, which runs ahead while nothing is loading
    "--dump-dom",
)
METHODS = {"get", "post", "put", "patch", "delete"}
VIOLATION = re.compile(r"CONSOLE.*Content Security Policy.*")
VIOLATING_PAGE = """data:text/html,
    <meta http-equiv="Content-Security-Policy" content="script-src 'self'"><script>document.title = 1</script>
"""


async def open_page(url: str, home: Path) -> CommandResult:
    """Open a page; return its final HTML and Chromium's log, which contains the console."""
    run = await run_program("chromium", *OPTIONS, f"--user-data-dir={home}", url, home=home)
    assert run.code == 0, run.err
    return run


async def test_the_page_shows_every_operation(client: AsyncClient, tmp_path: Path) -> None:
    paths = json_of(await client.get("/docs/openapi.json"))["paths"]
    run = await open_page(f"{client.base_url}/docs", tmp_path)
    assert not VIOLATION.findall(run.err)
    shown = re.findall(r'class="opblock opblock-', run.out)
    assert len(shown) == sum(len(METHODS & path.keys()) for path in paths.values())


async def test_a_violation_would_be_found(tmp_path: Path) -> None:
    run = await open_page(VIOLATING_PAGE, tmp_path)
    assert VIOLATION.search(run.err), run.err
