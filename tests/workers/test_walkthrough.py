"""`docs/walkthrough.md` is played, call by call, against an API, a worker, a mailbox and PayPal's stand-in."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from app.sandbox.mailbox import Mailbox
from app.sandbox.paypal import PayPalStandIn
from tests.workers.processes import WorkerProcess, eventually

PAGE = Path(__file__).parents[2].joinpath("docs", "walkthrough.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^```http\n(?P<method>[A-Z]+) (?P<url>\S.*)\n(?P<headers>(?:.+\n)*)(?:\n(?P<body>[^`]+))?```\n\n"
    r"```json (?P<status>\d+)\n(?P<answer>[^`]*)```$"
    r"|^> Mail to (?P<to>\S+): (?P<subject>.+)$",
    re.MULTILINE,
)
NAME = re.compile(r"<[^<>]+>")


class Known(NamedTuple):
    """What the names of the page stand for, by now."""

    values: dict[str, Any]

    def said(self, text: str) -> str:
        """Return a text with the names in it replaced."""
        return NAME.sub(lambda match: str(self.values[match[0]]), text)

    def meets(self, shown: Any, got: Any) -> None:
        """Check that an answer has what is shown of it, and learn what the names in it stand for."""
        if isinstance(shown, dict):
            for name, value in shown.items():
                self.meets(value, got[name])
        elif isinstance(shown, list):
            for value, element in zip(shown, got, strict=False):
                self.meets(value, element)
            assert len(got) >= len(shown)
        elif isinstance(shown, str) and NAME.fullmatch(shown):
            is_token = shown.startswith(("<token", "<refresh"))  # the next is another
            assert is_token or self.values.setdefault(shown, got) == got, shown
            self.values[shown] = got
        else:
            assert got == shown


async def test_every_call_of_the_walkthrough(
    api: httpx.AsyncClient, stand_in: PayPalStandIn, mailbox: Mailbox, cashier: WorkerProcess
) -> None:
    in_5_days = (datetime.now(UTC) + timedelta(days=5)).replace(hour=0, minute=0, second=0, microsecond=0)
    known = Known({"<in 5 days>": f"{in_5_days:%Y-%m-%dT%H:%M:%SZ}"})
    steps = list(STEP.finditer(PAGE))
    assert len(steps) == PAGE.count("```http") + PAGE.count("> Mail")  # none is written so that it would be passed over
    for step in steps:
        if step["to"]:
            await eventually(partial(has_come, mailbox, step["to"], step["subject"]))
        else:
            await play(step, known, api, stand_in)
    assert known.values["<appointment>"] == 2
    assert len([letter for letter in mailbox.letters if letter.subject.startswith("Confirmed: ")]) == 1
    assert cashier.logged("unavailable") == []


async def play(step: re.Match[str], known: Known, api: httpx.AsyncClient, stand_in: PayPalStandIn) -> None:
    """Make a call of the page, and hold its answer against what is shown."""
    url = known.said(step["url"]).replace("API", str(api.base_url).rstrip("/")).replace("PAYPAL", stand_in.url)
    headers = dict(line.split(": ", 1) for line in known.said(step["headers"]).splitlines())
    body = json.loads(known.said(step["body"])) if step["body"] else None
    answer = await api.request(step["method"], url, headers=headers, json=body)
    assert answer.status_code == int(step["status"]), (url, answer.text)
    if step["answer"].strip():
        known.meets(json.loads(step["answer"]), answer.json())


async def has_come(mailbox: Mailbox, to: str, subject: str) -> bool:
    """Whether somebody got a mail whose subject begins so."""
    return any(letter.to == to and letter.subject.startswith(subject) for letter in mailbox.letters)
