"""Every problem has an example in the OpenAPI document, and every example is one; links lead to what is there."""

import re
from pathlib import Path

import app
from app.domain.rules import INTERNAL, RULES
from tests.support.http.openapi_contract import PROBLEM_JSON, Contract

# as handlers and repositories raise them, and as the handlers of exceptions make them
CODE = re.compile(r"(?:ProblemError|Problem)\(\s*\d{3},(?:\s*\"[^\"]+\", (?:\"[^\"]+\"|detail),)?\s*\"(\w+)\"[,)]")
NOT_OF_OPERATIONS = {"method_not_allowed", "webhook_forged", "webhook_undecided"}  # of no method, and of PayPal's calls


def codes_in_the_source() -> set[str]:
    sources = (path.read_text() for path in Path(app.__file__).parent.rglob("*.py") if "sandbox" not in path.parts)
    return {code for source in sources for code in CODE.findall(source)}


def test_every_problem_has_an_example(contract: Contract) -> None:
    rules = {code for code, rule in RULES.items() if rule.status != INTERNAL}
    raised = codes_in_the_source()
    assert {"invalid_credentials", "payment_declined", "unavailable", "internal_error", "rate_limited"} <= raised
    told = set(contract.document["components"]["examples"])
    missing = (rules | raised) - told - NOT_OF_OPERATIONS
    assert not missing, f"say in app/api/openapi/examples.py what is answered with {missing}"
    assert told - rules - raised <= {"not_found", "body_too_large"}  # Litestar raises these


def test_every_example_is_a_problem_of_its_status_and_is_used(contract: Contract) -> None:
    examples, used = contract.document["components"]["examples"], set()
    for operation in contract.operations:
        for status, response in operation.spec["responses"].items():
            for code in response["content"].get(PROBLEM_JSON, {}).get("examples", {}):
                used.add(code)
                value = examples[code]["value"]
                assert (value["code"], str(value["status"])) == (code, status), operation
                assert contract.faults({"$ref": "#/components/schemas/Problem"}, value) == []
    assert used == set(examples)


def test_links_lead_to_operations_and_their_parameters(contract: Contract) -> None:
    by_id = {operation.spec["operationId"]: operation for operation in contract.operations}
    links = [
        link
        for operation in contract.operations
        for response in operation.spec["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert len(links) > 20
    for link in links:
        target = by_id[link["operationId"]]
        assert set(link.get("parameters", {})) == set(target.parameters("path")), link
        body = contract.resolved(target.body_schema)["properties"] if "requestBody" in link else {}
        assert set(link.get("requestBody", {})) <= set(body), link
