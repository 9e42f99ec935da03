"""The OpenAPI document. Litestar generates operations and parameters; msgspec generates the schemas of bodies."""

from collections.abc import Iterator
from http import HTTPStatus
from inspect import getdoc
from typing import Any, get_args

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import (
    License,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Parameter,
    Reference,
    Schema,
    Tag,
)
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from app.api.idempotency import keys
from app.api.middleware.request_context import REQUEST_ID_HEADER
from app.api.openapi.examples import examples, examples_of
from app.api.openapi.headers import HEADERS, headers_of
from app.api.openapi.links import LINKS
from app.api.problems import PROBLEM_JSON, Problem
from app.db.release import RELEASE
from app.domain.accounts.schemas import ChangedAccount, OwnAccount, RegisterDoctor, RegisterPatient

SCHEMAS = "#/components/schemas/{name}"
UNIONS: dict[Any, str] = {  # msgspec gives them no name
    RegisterDoctor | RegisterPatient: "NewAccount",
    OwnAccount: "OwnAccount",
    ChangedAccount: "ChangedAccount",
}

TAGS = [
    Tag("accounts", "Register, log in, and manage your account."),
    Tag("doctors", "Find doctors and their free slots. No login needed."),
    Tag("schedule", "Manage a doctor's working hours and time off."),
    Tag("appointments", "Book, list, reschedule and cancel appointments."),
    Tag("payments", "Pay for an appointment with PayPal."),
    Tag("waitlist", "Join a waitlist and get an email when a slot opens."),
    Tag("health", "Liveness and readiness, for monitoring."),
]


IDEMPOTENCY_KEY = Parameter(
    name=keys.HEADER,
    param_in="header",
    description="A unique key for this request, such as a UUID. If you repeat the request within 24 hours with the "
    "same key and body, it is not executed again. You get the first response or, for a payment, its current state. "
    "Repeat the request after a 503 or without a response. Refusals have no effect and are not stored: a repeated "
    "request is executed. The order of JSON fields does not matter; another body gets 422 `idempotency_key_reused`. "
    "While the first request is in progress, a repeated one waits, and gets 409 `idempotency_key_in_use` after 5 s.",
    schema=Schema(type=OpenAPIType.STRING, pattern=f"^{keys.KEY}$", examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"]),
)


def openapi_config() -> OpenAPIConfig:
    """Return the settings of the document, at /docs/openapi.json, and of the page that shows it, at /docs."""
    swagger = SwaggerRenderPlugin(
        js_url="/docs/assets/swagger-ui-bundle.js",
        css_url="/docs/assets/swagger-ui.css",
        standalone_preset_js_url="/docs/assets/swagger-ui-standalone-preset.js",
        favicon='<link rel="icon" href="/docs/assets/favicon-32x32.png">',
        path="/",
    )
    return OpenAPIConfig(
        title="Doctor appointment booking",
        version=RELEASE,
        license=License("MIT", identifier="MIT"),
        description="Book doctors' appointments. Every error is `application/problem+json` with a stable `code`. "
        f"The `{REQUEST_ID_HEADER}` of a request is repeated in the response, the logs and the resulting emails.",
        path="/docs",
        render_plugins=[swagger],
        tags=TAGS,
    )


def complete_document(app: Litestar) -> None:
    """Add what follows from the handlers: bodies, errors, and whether a token is needed."""
    document: Any = app.openapi_schema
    described = [
        (handler, getattr(document.paths[path], method)) for path, method, handler in _documented_handlers(app)
    ]
    document.components.schemas, schema_of = _bodies([handler for handler, _ in described])
    document.components.examples, document.components.headers = examples(), dict(HEADERS)
    for scheme in document.components.security_schemes.values():
        scheme.name = None  # Litestar sets it, but OpenAPI allows it only for API keys
    for handler, operation in described:
        operation.description = getdoc(handler.fn) or ""
        operation.summary = operation.description.partition("\n")[0]
        if _is_public(handler):
            operation.security = []
        if operation.request_body:
            operation.request_body.content["application/json"].schema = schema_of[_request_type(handler)]
            operation.request_body.required = _needs_body(handler)
        answer = operation.responses[str(handler.status_code)]
        if "application/json" in answer.content:
            answer.content["application/json"].schema = schema_of[_answer_type(handler)]
        operation.responses.pop("400", None)  # Litestar's own error schema
        if _takes_key(handler):
            operation.parameters = [*(operation.parameters or []), IDEMPOTENCY_KEY]
        answer.links = {to.operation_id: to.link for to in LINKS.get(operation.operation_id, ())} or None
        refusals = {str(status): _refusal(status) for status in _refusals(handler, operation)}
        operation.responses = dict(sorted({**refusals, **operation.responses}.items()))
        for status, response in operation.responses.items():
            _complete(response, int(status), handler, operation)


def _complete(response: OpenAPIResponse, status: int, handler: HTTPRouteHandler, operation: Any) -> None:
    """Add what follows from the status: headers, and an example of each problem."""
    replayable = _takes_key(handler) and status == handler.status_code
    names = headers_of(status, limited="health" not in operation.tags, replayable=replayable)
    response.headers = {**(response.headers or {}), **names}
    for media_type, content in (response.content or {}).items():
        if media_type == PROBLEM_JSON:
            content.examples = examples_of(operation, status, takes_key=_takes_key(handler))  # type: ignore[assignment]  # references to shared ones


def _bodies(handlers: list[HTTPRouteHandler]) -> tuple[dict[str, Any], dict[Any, Any]]:
    """Return the schemas of all structs by name, and the schema of each request and response type."""
    types = [type_ for handler in handlers for type_ in (_request_type(handler), _answer_type(handler)) if type_]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=SCHEMAS)
    schema_of = dict(zip([*types, Problem], schemas, strict=True))
    for union, name in UNIONS.items():
        components[name], schema_of[union] = schema_of[union], {"$ref": SCHEMAS.format(name=name)}
    return components, schema_of


def _documented_handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema():
                    yield route.path_format, method.lower(), handler


def _refusals(handler: HTTPRouteHandler, operation: Any) -> Iterator[int]:
    """Yield the error statuses that follow from an operation's shape. Handlers declare others with `problems()`."""
    parameters = operation.parameters or []
    if operation.request_body:
        yield from (413, 415)
    if not _is_public(handler):
        yield 401
    if handler.resolve_guards():
        yield 403
    if any(parameter.param_in == "path" for parameter in parameters):
        yield 404
    if _takes_key(handler):
        yield from (409, 422)
    if "health" not in operation.tags:
        yield from (400, 429, 500, 503)


def _refusal(status: int) -> OpenAPIResponse:
    reference = Reference(ref=SCHEMAS.format(name=Problem.__name__))
    return OpenAPIResponse(HTTPStatus(status).phrase, content={PROBLEM_JSON: OpenAPIMediaType(schema=reference)})


def _is_public(handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt.get("exclude_from_auth"))


def _takes_key(handler: HTTPRouteHandler) -> bool:
    """Whether an operation accepts an Idempotency-Key. Receipts of `accounts` would have to store secrets."""
    return handler.http_methods == {"POST"} and "accounts" not in handler.resolve_tags()


def _needs_body(handler: HTTPRouteHandler) -> bool:
    return handler.parsed_data_field is not None and handler.parsed_data_field.is_required


def _request_type(handler: HTTPRouteHandler) -> Any:
    return handler.parsed_data_field and handler.parsed_data_field.annotation


def _answer_type(handler: HTTPRouteHandler) -> Any:
    answer: FieldDefinition = handler.parsed_fn_signature.return_type
    return get_args(answer.annotation)[0] if answer.is_subclass_of(Response) else answer.annotation
