"""The OpenAPI document as a contract: statuses, media types and bodies of answers are those it documents."""

import re
from typing import Any, NamedTuple

import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker

PROBLEM_JSON = "application/problem+json"


class Operation(NamedTuple):
    """One operation of the document."""

    method: str
    path: str
    spec: dict[str, Any]

    @property
    def body_schema(self) -> dict[str, Any]:
        """The schema of its body, or what refers to it."""
        schema: dict[str, Any] = self.spec["requestBody"]["content"]["application/json"]["schema"]
        return schema

    def parameters(self, where: str) -> list[str]:
        """Return the names of its parameters in `path` or `query`."""
        return [parameter["name"] for parameter in self.spec.get("parameters", []) if parameter["in"] == where]


class Contract:
    """Checks answers against an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = [
            Operation(method.upper(), path, spec)
            for path, item in document["paths"].items()
            for method, spec in item.items()
        ]
        self._validators: dict[str, OAS31Validator] = {}

    async def check(self, response: httpx.Response) -> None:
        """Fail unless the operation that was called documents an answer like this one."""
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
        told = {
            name: headers.get(header.get("$ref", "").rpartition("/")[2], header)
            for name, header in documented["headers"].items()
        }
        required = [name for name, header in told.items() if header.get("required")]
        assert all(name in response.headers for name in required), f"not all of {required}: {called}"
        schema = documented["content"][media_type]["schema"]
        value = response.json() if media_type.endswith("json") else response.text
        faults = self.faults(schema, value)
        assert not faults, f"{faults}: {called}"

    def faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Return why a value does not fit a schema."""
        try:
            return [error.message for error in self._validator(schema).iter_errors(value)]
        except TypeError:  # the validator looks a union's tag up among its schemas, whatever it is
            return ["what should name one of a union's schemas cannot be looked up"]

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema, or the one that it refers to."""
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
            # what a discriminator says, anyOf says too; the validator trips over one that is a list
            bare = {name: value for name, value in schema.items() if name != "discriminator"}
            whole = bare | {"components": self.document["components"]}
            self._validators[key] = OAS31Validator(whole, format_checker=oas31_format_checker)
        return self._validators[key]
