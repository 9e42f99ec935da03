"""`.env.example` names every variable that the settings read, with its default."""

import re
import shlex
from pathlib import Path

import pytest
from msgspec import NODEFAULT, structs

from app.settings import Settings, SettingsError, read_settings

LINES = Path(__file__).parents[2].joinpath(".env.example").read_text(encoding="utf-8").splitlines()
ASSIGNMENT = re.compile(r"(?P<comment># )?(?P<name>[A-Z_]+)=(?P<value>.*)")

ASSIGNED = [match for match in map(ASSIGNMENT.fullmatch, LINES) if match]
ACTIVE = {m["name"]: "".join(shlex.split(m["value"])) for m in ASSIGNED if not m["comment"]}
OPTIONAL = {m["name"]: "".join(shlex.split(m["value"])) for m in ASSIGNED if m["comment"]}
FIELDS = {field.encode_name: field for field in structs.fields(Settings)}


def test_it_names_each_variable_once() -> None:
    assert sorted(match["name"] for match in ASSIGNED) == sorted(FIELDS)


def test_only_required_variables_are_not_commented_out() -> None:
    required = {name for name, field in FIELDS.items() if field.default is NODEFAULT}
    assert ACTIVE.keys() == required | {"ALLOWED_HOSTS"}  # required without DEBUG


def test_the_documented_defaults_are_the_defaults() -> None:
    example = {**ACTIVE, "SECRET_KEY": "x" * 32}
    documented, real = read_settings({**example, **OPTIONAL}), read_settings(example)
    for name, field in FIELDS.items():
        if field.default is not None:  # None cannot be written, so the file shows an example
            assert getattr(documented, field.name) == getattr(real, field.name), name


def test_the_example_has_no_secret() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        read_settings(ACTIVE)
