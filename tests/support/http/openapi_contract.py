"""Checks responses against the OpenAPI document: their status, media type, headers and body."""

import re
from typing import Any, NamedTuple

import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker

PROBLEM_JSON = "application/problem+json"


class Operation(NamedTuple):
    method: str
    path: str
    spec: dict[str, Any]

    @property
    def body_schema(self) -> dict[str, Any]:
        """The schema of the body, or a reference to it."""
        schema: dict[str, Any] = self.spec["requestBody"]["content"]["application/json"]["schema"]
        return schema

    def parameters(self, where: str) -> list[str]:
        """Return the names of the parameters in `path`, `query` or `header`."""
        return [parameter["name"] for parameter in self.spec.get("parameters", []) if parameter["in"] == where]


class Contract:
    """An OpenAPI document that responses are checked against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = [
            Operation(method.upper(), path, spec)
            for path, item in document["paths"].items()
            for method, spec in item.items()
        ]
        self.by_id = {operation.spec["operationId"]: operation for operation in self.operations}
        self._validators: dict[str, OAS31Validator] = {}

    async def check(self, response: httpx.Response) -> None:
        """Fail unless the called operation documents a response like this one."""
        operation = self.find(response.request.method, response.request.url.path)
        if operation is None:
            return
        await response.aread()
        called = f"{operation.method} {operation.path} -> {response.status_code}: {response.text[:500]}"
        documented = operation.spec["responses"].get(str(response.status_code))
        assert documented is not None, f"undocumented status: {called}"
        media_type = response.headers["content-type"].partition(";")[0]
        assert media_type in documented["content"], f"undocumented media type {media_type}: {called}"
        headers = self.document["components"]["headers"]
        required = [
            name
            for name, header in documented["headers"].items()
            if headers.get(header.get("$ref", "").rpartition("/")[2], header).get("required")
        ]
        assert all(name in response.headers for name in required), f"not all of {required}: {called}"
        schema = documented["content"][media_type]["schema"]
        value = response.json() if media_type.endswith("json") else response.text
        faults = self.faults(schema, value)
        assert not faults, f"{faults}: {called}"

    def faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Return the reasons why a value does not fit a schema."""
        try:
            return [error.message for error in self._validator(schema).iter_errors(value)]
        except TypeError:  # the validator uses a union's tag as a dictionary key, even if it is a list
            return ["the tag of a union is not hashable"]

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema that a reference points to, or the schema itself."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return dict(self.document["components"]["schemas"][name]) if name else schema

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation that a request calls, if any."""
        for operation in self.operations:
            pattern = re.sub(r"\{\w+\}", "-?[0-9]+", operation.path) + "/?"
            if operation.method == method and re.fullmatch(pattern, path):
                return operation
        return None

    def _validator(self, schema: dict[str, Any]) -> OAS31Validator:
        key = repr(schema)
        if key not in self._validators:
            # anyOf says the same as the discriminator, which the validator cannot look up if the tag is a list
            bare = {name: value for name, value in schema.items() if name != "discriminator"}
            whole = bare | {"components": self.document["components"]}
            self._validators[key] = OAS31Validator(whole, format_checker=oas31_format_checker)
        return self._validators[key]
