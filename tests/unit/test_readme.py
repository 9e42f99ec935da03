"""The files that README.md links to exist, and the rules that it lists are in the catalogue."""

import re
from pathlib import Path

import pytest

from app.domain.rules import RULES

ROOT = Path(__file__).parents[2]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
LINKS = sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README)))
LISTED = re.findall(r"^\| .+ \| `(\w+)` \| .+ \|$", README, re.MULTILINE)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_file(link: str) -> None:
    assert ROOT.joinpath(link).exists()


def test_a_listed_rule_is_in_the_catalogue() -> None:
    assert LISTED
    assert set(LISTED) <= RULES.keys()
