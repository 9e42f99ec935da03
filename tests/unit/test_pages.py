"""The pages at the top and in docs/ name only files that exist. Every dependency has a reason."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = r"\]\((?!https?:)([^)#]+)\)"
DECISIONS = ROOT / "docs" / "decisions"
INDEX = DECISIONS.joinpath("README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)).removeprefix("docs/"))
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
