"""docs/openapi.json is compatible with an earlier version of it."""

import functools
import json
import operator
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.api.openapi.file import FILE

FROZEN = Path(__file__).parent / "frozen" / "openapi.json"
PROSE = {"title", "description", "examples"}
NESTED = {"properties", "required", "items", "anyOf"}

Place = tuple[str, ...]  # such as ("get /api/slots", "query limit") or ("Book", "doctor")


class Change(NamedTuple):
    """A difference that can break an earlier client. In `ALLOWED`, `place` is a pattern."""

    place: str
    keyword: str
    old: Any
    new: Any


# The accepted differences, with their reasons.
ALLOWED = {
    Change("*", "maximum", 2**31 - 1, 2**53 - 1): "Ids are 64-bit. Every id that was valid is still valid.",
}


def places(document: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield each operation, parameter, body, response, header, schema and field, with its keywords, parents first."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield from _operation((f"{method} {path}",), operation)
    for name, scheme in document["components"]["securitySchemes"].items():
        yield from _schema((f"security scheme {name}",), scheme)
    for name, header in document["components"]["headers"].items():
        yield from _schema((f"header {name}",), header["schema"])
    for name, schema in document["components"]["schemas"].items():
        yield from _schema((name,), schema)


def _operation(place: Place, operation: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    yield place, {keyword: operation.get(keyword) for keyword in ("operationId", "tags", "security")}
    for parameter in operation.get("parameters", ()):
        name = f"{parameter['in']} {parameter['name']}"
        yield from _schema((*place, name), parameter["schema"], required=parameter["required"])
    if body := operation.get("requestBody"):
        yield (*place, "body"), {"required": body["required"]}
        yield from _content((*place, "body"), body)
    for status, response in operation["responses"].items():
        yield (*place, status), {}
        yield from _content((*place, status), response)
        for name, header in response.get("headers", {}).items():
            yield from _schema((*place, status, f"header {name}"), header.get("schema", header))


def _content(place: Place, content: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    for media_type, media in content.get("content", {}).items():
        yield from _schema((*place, media_type), media["schema"])


def _schema(place: Place, schema: Any, **known: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    variants = schema.get("anyOf", ())
    keywords = {keyword: value for keyword, value in schema.items() if keyword not in NESTED | PROSE}
    yield place, keywords | known | {"variants": len(variants)}
    for name, field in schema.get("properties", {}).items():
        yield from _schema((*place, name), field, required=name in schema.get("required", ()))
    if items := schema.get("items"):
        yield from _schema((*place, "[]"), items)
    for number, variant in enumerate(variants):
        yield from _schema((*place, str(number)), variant)


def changes(old: Any, new: Any) -> Iterator[Change]:
    """Yield the differences that can break clients of the old document.

    New operations, new fields of answers, and new optional parameters and fields of requests do not break them.
    """
    before, after = dict(places(old)), dict(places(new))
    missing: set[Place] = set()
    for place, keywords in before.items():
        if place not in after:
            if place[:-1] not in missing:  # else its parent was reported
                yield Change(" ".join(place), "", "present", "missing")
            missing.add(place)
            continue
        for keyword in sorted(keywords | after[place]):
            values = keywords.get(keyword), after[place].get(keyword)
            if values[0] != values[1]:
                yield Change(" ".join(place), keyword, *values)
    for place in sorted(after.keys() - before.keys()):
        parent = before.get(place[:-1], {})
        # only schemas of requests refuse additional properties
        is_request = "operationId" in parent or parent.get("additionalProperties") is False
        if is_request and after[place].get("required"):
            yield Change(" ".join(place), "required", "absent", "required")


def allows(allowed: Change, change: Change) -> bool:
    """Whether an entry of `ALLOWED` covers a change."""
    return fnmatchcase(change.place, allowed.place) and allowed[1:] == change[1:]


def test_the_document_is_compatible() -> None:
    found = list(changes(json.loads(FROZEN.read_bytes()), json.loads(FILE.read_bytes())))
    assert [change for change in found if not any(allows(entry, change) for entry in ALLOWED)] == []
    assert [entry for entry in ALLOWED if not any(allows(entry, change) for change in found)] == []


NEAR = {"in": "query", "name": "near", "required": True, "schema": {"type": "string"}}
NEW_OPERATION = {"operationId": "find_rooms", "parameters": [NEAR], "responses": {}}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("paths /api/payments/return", None, ["get /api/payments/return"]),
        ("paths /api/slots get operationId", "find", ["get /api/slots"]),
        ("paths /api/slots get tags", ["search"], ["get /api/slots"]),
        ("paths /api/slots get responses 429", None, ["get /api/slots 429"]),
        ("paths /api/slots get parameters 0 required", True, ["get /api/slots query from"]),
        ("paths /api/slots get parameters 0", NEAR, ["get /api/slots query from", "get /api/slots query near"]),
        ("components securitySchemes BearerToken scheme", "Basic", ["security scheme BearerToken"]),
        ("components schemas Book required", ["doctor", "appointment_date", "patient"], ["Book patient"]),
        ("components schemas Book properties doctor", None, ["Book doctor"]),
        ("components schemas Book properties reason", {"type": "string"}, []),
        ("components schemas Appointment properties fee", None, ["Appointment fee"]),
        ("components schemas Appointment properties fee type", "number", ["Appointment fee"]),
        ("components schemas Appointment properties fee pattern", "0", ["Appointment fee"]),
        ("components schemas Appointment properties room", {"type": "string"}, []),
        ("components schemas Appointment description", "A visit.", []),
        ("paths /api/rooms", {"get": NEW_OPERATION}, []),
    ],
)
def test_breaking_changes_are_found(path: str, value: Any, expected: list[str]) -> None:
    new = json.loads(FROZEN.read_bytes())
    *parents, last = [int(part) if part == "0" else part for part in path.split()]
    parent = functools.reduce(operator.getitem, parents, new)
    if value is None:
        del parent[last]
    else:
        parent[last] = value
    assert [change.place for change in changes(json.loads(FROZEN.read_bytes()), new)] == expected
