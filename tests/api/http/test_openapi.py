"""The OpenAPI document is valid, complete and stable, and docs/openapi.json is a copy of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from asyncpg import Connection
from httpx import AsyncClient
from openapi_spec_validator import OpenAPIV31SpecValidator

import app
from app.domain.rules import INTERNAL, RULES
from tests.support.http.openapi_contract import PROBLEM_JSON, Contract
from tests.support.http.valid_requests import EXAMPLE_REQUESTS, make_example_data

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
# how handlers, repositories and exception handlers create problems
CODE = re.compile(r"(?:ProblemError|Problem)\(\s*\d{3},(?:\s*\"[^\"]+\", (?:\"[^\"]+\"|detail),)?\s*\"(\w+)\"[,)]")
# no operation of the document returns these
NOT_OF_OPERATIONS = {"method_not_allowed", "webhook_forged", "webhook_undecided"}


def test_it_is_valid_openapi_3_1(contract: Contract) -> None:
    assert contract.document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(contract.document).iter_errors()] == []


def test_operations_are_named_tagged_and_described(contract: Contract) -> None:
    assert len(contract.by_id) == len(contract.operations)
    assert all(name.isidentifier() and name.islower() for name in contract.by_id)
    tags = {tag["name"] for tag in contract.document["tags"]}
    for found in contract.operations:
        assert len(found.spec["tags"]) == 1, found
        assert set(found.spec["tags"]) <= tags, found
        assert len(found.spec["summary"]) > 5, found
    assert {tag for found in contract.operations for tag in found.spec["tags"]} == tags


def test_operation_ids_are_stable(contract: Contract) -> None:
    named = {f"{found.method} {found.path}": found.spec["operationId"] for found in contract.operations}
    assert named.items() >= NAMES.items()


NAMES = {
    "POST /api/accounts/register": "register",
    "POST /api/accounts/login": "login",
    "POST /api/accounts/token/refresh": "refresh_tokens",
    "GET /api/accounts/me": "get_own_account",
    "PUT /api/accounts/me": "replace_own_account",
    "PATCH /api/accounts/me": "change_own_account",
    "GET /api/doctors": "list_doctors",
    "GET /api/doctors/{doctor_id}": "get_doctor",
    "GET /api/doctors/{doctor_id}/slots": "list_free_slots",
    "GET /api/appointments/appointments": "list_appointments",
    "POST /api/appointments/appointments": "book_appointment",
    "GET /api/appointments/appointments/{appointment_id}": "get_appointment",
    "POST /api/appointments/appointments/{appointment_id}/cancel": "cancel_appointment",
    "GET /api/appointments/waitlist": "list_waitlist",
    "POST /api/appointments/waitlist": "join_waitlist",
    "DELETE /api/appointments/waitlist/{entry_id}": "leave_waitlist",
    "POST /api/appointments/waitlist/{entry_id}/pause": "pause_waitlist",
    "POST /api/appointments/waitlist/{entry_id}/resume": "resume_waitlist",
    "PUT /api/appointments/waitlist/{entry_id}/preferences": "prefer_slots",
    "GET /api/appointments/offers": "list_offers",
    "POST /api/appointments/offers/{offer_id}/accept": "accept_offer",
    "POST /api/appointments/offers/{offer_id}/decline": "decline_offer",
    "GET /health/live": "health_live",
    "GET /health/ready": "health_ready",
}


def test_every_refusal_is_documented_as_a_problem(contract: Contract) -> None:
    for found in contract.operations:
        for status, response in found.spec["responses"].items():
            assert response["description"], (found, status)
            if status >= "400" and found.spec["operationId"] != "health_ready":
                assert response["content"].keys() == {PROBLEM_JSON}, (found, status)
                assert response["content"][PROBLEM_JSON]["schema"] == PROBLEM, (found, status)
                assert response["content"][PROBLEM_JSON]["examples"], (found, status)


def test_the_refusals_follow_from_what_an_operation_takes(contract: Contract) -> None:
    for found in contract.operations:
        documented = found.spec["responses"].keys()
        body = "requestBody" in found.spec
        assert ("413" in documented) == ("415" in documented) == body, found
        assert ("404" in documented) == (
            "{" in found.path or (found.spec["tags"] == ["payments"] and found.method == "POST")
        ), found
        assert "401" in documented or found.spec.get("security") == [], found
        assert {"400", "500", "503"} <= documented or found.spec["tags"] == ["health"], found


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("register", {"409", "422"}),
        ("login", {"401"}),
        ("refresh_tokens", {"401"}),
        ("change_own_account", {"409", "422"}),
        ("book_appointment", {"403", "409", "422"}),
        ("cancel_appointment", {"403", "409", "422"}),
        ("join_waitlist", {"403", "409", "422"}),
        ("leave_waitlist", {"403", "409"}),
    ],
)
def test_the_refusals_of_rules(contract: Contract, name: str, statuses: set[str]) -> None:
    assert statuses <= contract.by_id[name].spec["responses"].keys()


def test_only_public_operations_need_no_token(contract: Contract) -> None:
    assert contract.document["security"] == [{"BearerToken": []}]
    scheme = contract.document["components"]["securitySchemes"]["BearerToken"]
    assert (scheme["type"], scheme["scheme"].lower()) == ("http", "bearer")
    public = {found.spec["operationId"] for found in contract.operations if found.spec.get("security") == []}
    assert public == {
        *("register", "login", "refresh_tokens", "verify_email", "request_password_reset", "reset_password"),
        *("list_doctors", "get_doctor", "list_free_slots", "search_free_slots"),
        *("show_payment_return", "show_payment_cancel", "health_live", "health_ready"),
    }
    assert all("security" not in found.spec for found in contract.operations if found.spec["operationId"] not in public)


@pytest.mark.parametrize("where", ["request", "answer"])
def test_the_role_discriminates_registrations(contract: Contract, where: str) -> None:
    register = contract.by_id["register"]
    answer = register.spec["responses"]["201"]["content"]["application/json"]["schema"]
    schema = contract.resolved(register.body_schema if where == "request" else answer)
    references = {choice["$ref"] for choice in schema["anyOf"]}
    assert schema["discriminator"]["propertyName"] == "role"
    assert schema["discriminator"]["mapping"].keys() == {"doctor", "patient"}
    assert set(schema["discriminator"]["mapping"].values()) == references
    for role, reference in schema["discriminator"]["mapping"].items():
        described = contract.document["components"]["schemas"][reference.rpartition("/")[2]]
        assert described["properties"]["role"] == {"enum": [role]}
        assert "role" in described["required"]


def test_unknown_fields_are_not_allowed(contract: Contract) -> None:
    schemas: dict[str, Any] = contract.document["components"]["schemas"]
    for found in contract.operations:
        if "requestBody" in found.spec:
            taken = contract.resolved(found.body_schema).get("anyOf", [found.body_schema])
            for name in (choice["$ref"].rpartition("/")[2] for choice in taken if "$ref" in choice):
                assert schemas[name]["additionalProperties"] is False, name


async def test_the_root_redirects_to_the_docs(client: AsyncClient) -> None:
    answer = await client.get("/", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/docs")


@pytest.mark.parametrize("name", EXAMPLE_REQUESTS)
async def test_the_response_to_an_example_is_documented(
    client: AsyncClient, contract: Contract, owner: Connection, name: str
) -> None:
    example_data, call, called = await make_example_data(owner), EXAMPLE_REQUESTS[name], contract.by_id[name]
    body = call.body(example_data) if call.body else None
    path = example_data.path(called.path)
    answer = await client.request(called.method, path, headers=example_data.headers(call.role), json=body)
    assert answer.status_code < 500  # the client checks the rest


def test_the_file_is_up_to_date(contract: Contract) -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == contract.document, "run `./task openapi`"


def codes_in_the_source() -> set[str]:
    sources = (path.read_text() for path in Path(app.__file__).parent.rglob("*.py") if "sandbox" not in path.parts)
    return {code for source in sources for code in CODE.findall(source)}


def test_every_problem_has_an_example(contract: Contract) -> None:
    rules = {code for code, rule in RULES.items() if rule.status != INTERNAL}
    raised = codes_in_the_source()
    assert {"invalid_credentials", "payment_declined", "unavailable", "internal_error", "rate_limited"} <= raised
    examples = set(contract.document["components"]["examples"])
    missing = (rules | raised) - examples - NOT_OF_OPERATIONS
    assert not missing, f"add an example of {missing} to app/api/openapi/examples.py"
    assert examples - rules - raised <= {"not_found", "body_too_large"}  # Litestar raises these


def test_every_example_is_a_valid_problem_and_is_used(contract: Contract) -> None:
    examples, used = contract.document["components"]["examples"], set()
    for operation in contract.operations:
        for status, response in operation.spec["responses"].items():
            for code in response["content"].get(PROBLEM_JSON, {}).get("examples", {}):
                used.add(code)
                value = examples[code]["value"]
                assert (value["code"], str(value["status"])) == (code, status), operation
                assert contract.faults(PROBLEM, value) == []
    assert used == set(examples)


def test_links_lead_to_operations_and_their_parameters(contract: Contract) -> None:
    links = [
        link
        for operation in contract.operations
        for response in operation.spec["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert len(links) > 20
    for link in links:
        target = contract.by_id[link["operationId"]]
        assert set(link.get("parameters", {})) == set(target.parameters("path")), link
        body = contract.resolved(target.body_schema)["properties"] if "requestBody" in link else {}
        assert set(link.get("requestBody", {})) <= set(body), link
