"""Checks our requests and the stand-in's answers against PayPal's OpenAPI documents.

The documents are not part of this repository; see https://github.com/paypal/paypal-rest-api-specifications.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from openapi_schema_validator import OAS30ReadValidator, OAS30Validator, OAS30WriteValidator, oas30_format_checker

FOLDER = Path(os.environ.get("PAYPAL_OPENAPI_DIR") or Path(__file__).parents[3].parent / "shared" / "paypal")
NAMES = ("checkout_orders_v2", "payments_payment_v2", "notifications_webhooks_v1")
ABSENT = f"PayPal's OpenAPI documents are not in {FOLDER}; PAYPAL_OPENAPI_DIR can name another folder"

# The documents mark the fields of an event as readOnly, but a request of this operation contains an event.
ECHOES_REQUEST = "/v1/notifications/verify-webhook-signature"


class Operation(NamedTuple):
    """An operation and its document."""

    document: dict[str, Any]
    path: str
    spec: dict[str, Any]


@cache
def load(name: str) -> dict[str, Any]:
    """Return the document of this name."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return document


def are_available() -> bool:
    """Whether all documents exist."""
    return all((FOLDER / f"{name}.json").exists() for name in NAMES)


async def check(answer: httpx.Response) -> None:
    """Check a request and its answer against the documents. Does nothing without documents."""
    await answer.aread()
    operation = find(answer.request) if are_available() else None
    if operation is None:
        return
    about = f"{answer.request.method} {answer.request.url.path} -> {answer.status_code}"
    faults = [*request_faults(operation, answer.request), *answer_faults(operation, answer)]
    assert not faults, f"{about}: {faults}\n{answer.request.content.decode()}\n{answer.text}"


def find(request: httpx.Request) -> Operation | None:
    """Return the operation of a request; None for the token request, which no document describes."""
    for document in map(load, NAMES):
        for path, item in document["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", path)
            if re.fullmatch(pattern, request.url.path) and request.method.lower() in item:
                return Operation(document, path, item[request.method.lower()])
    return None


def request_faults(operation: Operation, request: httpx.Request) -> list[str]:
    """Return the faults in the headers, the path and the body of a request."""
    faults = []
    in_path = dict(zip(re.findall(r"\{(\w+)\}", operation.path), _ids(operation, request), strict=True))
    for reference in operation.spec.get("parameters", []):
        parameter = operation.document["components"]["parameters"][reference["$ref"].rpartition("/")[2]]
        value = in_path.get(parameter["name"]) if parameter["in"] == "path" else request.headers.get(parameter["name"])
        if value is not None:
            faults += schema_faults(operation.document, parameter["schema"], value)
    if "requestBody" in operation.spec and request.content:
        validator = OAS30Validator if operation.path == ECHOES_REQUEST else OAS30WriteValidator
        body = operation.spec["requestBody"]
        schema = body["content"]["application/json"]["schema"]
        faults += schema_faults(operation.document, schema, json.loads(request.content), validator)
    return faults


def answer_faults(operation: Operation, answer: httpx.Response) -> list[str]:
    """Return the faults in the body of an answer."""
    if answer.status_code == 429:  # the documents do not describe the body of this one
        return []
    responses = operation.spec["responses"]
    documented = responses.get(str(answer.status_code), responses["default"])
    if "$ref" in documented:
        documented = operation.document["components"]["responses"][documented["$ref"].rpartition("/")[2]]
    if "content" not in documented:
        return []
    schema = documented["content"]["application/json"]["schema"]
    return schema_faults(operation.document, schema, answer.json(), OAS30ReadValidator)


def schema_faults(
    document: dict[str, Any], schema: dict[str, Any], value: Any, kind: Any = OAS30Validator
) -> list[str]:
    """Return the faults of a value under a schema of a document."""
    whole = schema | {"components": document["components"]}
    return [
        f"{error.json_path}: {error.message}"
        for error in kind(whole, format_checker=oas30_format_checker).iter_errors(value)
    ]


def _ids(operation: Operation, request: httpx.Request) -> list[str]:
    match = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", operation.path), request.url.path)
    return list(match.groups()) if match else []
