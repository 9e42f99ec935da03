"""Request bodies: JSON of exactly the declared type. Litestar's own decoder accepts "1" as 1 and 1 as a date."""

import json
import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from app.api.problems import FieldError, ProblemError, invalid_request
from app.domain.validation_messages import explain

JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)

# msgspec's messages: `message - at `$.field``, or a message that names an unknown or missing field itself
_LOCATED = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<field>.*)`)?", re.DOTALL)
_NAMED = re.compile(r"Object (?:contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)


class JSONRequest(Request[Any, Any, Any]):
    """A request with strict decoding of its JSON body."""

    async def body(self) -> bytes:
        """Read the body. Raises ProblemError (400) if it is incomplete; Litestar would answer 500."""
        try:
            return await super().body()
        except InternalServerException as error:
            raise invalid_request([FieldError("", "The body is incomplete.")]) from error

    async def json(self) -> Any:
        """Decode the body as the handler's type. Raises ProblemError: 400 if it does not match, 415 if not JSON."""
        content_type = self.headers.get("content-type", "application/json").partition(";")[0].strip()
        if not JSON_TYPE.fullmatch(content_type):
            raise ProblemError(415, "unsupported_media_type", "Send JSON, with `Content-Type: application/json`.")
        field = self.route_handler.parsed_data_field
        assert field is not None  # noqa: S101  called only for handlers with `data`
        return _decode(await self.body(), field.annotation)


def _decode(body: bytes, type_: Any) -> Any:
    try:
        value = _decoder(type_).decode(body)
        json.loads(body, object_pairs_hook=_refuse_repeated_names)
    except RecursionError as error:
        raise invalid_request([FieldError("", "The JSON is nested too deeply.")]) from error
    except UnicodeDecodeError as error:
        raise invalid_request([FieldError("", "The JSON is not UTF-8.")]) from error
    except msgspec.DecodeError as error:
        raise invalid_request([_field_error(str(error))]) from error
    return value


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def _refuse_repeated_names(pairs: list[tuple[str, Any]]) -> None:
    """Object hook: refuse repeated names, of which msgspec silently takes the last value."""
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise invalid_request([FieldError(name, "This field is given more than once.")])
        seen.add(name)


def _field_error(text: str) -> FieldError:
    match = _LOCATED.fullmatch(text)
    assert match is not None  # noqa: S101  the pattern matches any text
    named = _NAMED.fullmatch(match["message"])
    path = [part for part in (match["field"], named and named["name"]) if part]
    return FieldError(".".join(path), explain(match["message"]))
