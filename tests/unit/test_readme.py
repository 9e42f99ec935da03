"""README.md and docs/ name only files that exist, rules of the catalogue, and every dependency."""

import re
import tomllib
from pathlib import Path

import pytest

from app.domain.rules import RULES

ROOT = Path(__file__).parents[2]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
LINK = r"\]\((?!https?:)([^)#]+)\)"
LINKS = sorted(set(re.findall(LINK, README)))
DECISIONS = ROOT / "docs" / "decisions"
INDEX = DECISIONS.joinpath("README.md").read_text(encoding="utf-8")
LISTED = re.findall(r"^\| .+ \| `(\w+)` \| .+ \|$", README, re.MULTILINE)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_file(link: str) -> None:
    assert ROOT.joinpath(link).exists()


def test_a_listed_rule_is_in_the_catalogue() -> None:
    assert LISTED
    assert set(LISTED) <= RULES.keys()


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/**/*.md")), ids=lambda page: page.name)
def test_a_page_links_to_files_that_exist(page: Path) -> None:
    assert [link for link in re.findall(LINK, page.read_text("utf-8")) if not page.parent.joinpath(link).exists()] == []


def test_the_decisions_name_files_that_exist() -> None:
    text = "".join(page.read_text("utf-8") for page in DECISIONS.glob("*.md"))
    paths = re.findall(r"`((?:app|bench|tests)/[\w./]+)`", text)
    assert len(paths) > 50
    assert [path for path in paths if not ROOT.joinpath(path).exists()] == []


def test_the_index_lists_every_decision() -> None:
    pages = {page.name for page in DECISIONS.glob("0*.md")}
    assert set(re.findall(r"^\d+\. \[.+\]\((.+)\)$", INDEX, re.MULTILINE)) == pages


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))
    wanted = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["sandbox"]
    names = {re.split("[<>=]", package)[0] for package in wanted + project["dependency-groups"]["dev"]}
    cells = re.findall(r"^\| (?!package)([^|]+) \| .+ \|$", INDEX, re.MULTILINE)
    assert sorted(name for cell in cells for name in cell.split(", ")) == sorted(names)
