"""Translates msgspec's validation messages into words for API clients.

msgspec.ValidationError contains only a sentence in terms of Python's types, so the sentence is parsed. The tests of
malformed requests fail if a new version of msgspec changes its sentences.
"""

import re

_patterns: dict[str, str] = {}


def pattern(regex: str, message: str) -> str:
    """Register the message for values that do not match a regex, and return the regex."""
    _patterns[repr(regex)] = message
    return regex


_TYPES = {
    "int": "an integer",
    "str": "a string",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
    "date": "a date such as 2026-11-30",
    "datetime": "a date and time with an offset, such as 2026-11-30T09:30:00Z",
}


def _must_be(match: re.Match[str]) -> str:
    wanted = match["types"].split(" | ")
    return f"Must be {' or '.join(_TYPES.get(name, name) for name in wanted)}."


def _must_match(match: re.Match[str]) -> str:
    return _patterns.get(match["regex"], f"Must match {match['regex']}.")


_MESSAGES = [
    (re.compile(regex, re.DOTALL), say)
    for regex, say in (
        (r"Object missing required field `.*`", lambda _: "This field is required."),
        (r"Object contains unknown field `.*`", lambda _: "There is no such field."),
        (r"Invalid (?:enum )?value (?P<value>.*)", lambda m: f"{m['value']} is not one of the choices."),
        (r"Expected `\w+` >= (?P<least>\S+)", lambda m: f"Must be at least {m['least']}."),
        (r"Expected `\w+` <= (?P<most>\S+)", lambda m: f"Must be at most {m['most']}."),
        (r"Expected `str` of length >= (?P<least>\d+)", lambda m: f"Must have at least {m['least']} characters."),
        (r"Expected `str` of length <= (?P<most>\d+)", lambda m: f"Must have at most {m['most']} characters."),
        (r"Expected `str` matching regex (?P<regex>.*)", _must_match),
        (r"Expected `(?P<types>datetime)` with a timezone component", _must_be),
        (r"Invalid RFC3339 encoded (?P<types>date|datetime)", _must_be),
        (r"Expected `(?P<types>[^`]*)`(?:, got `.*`)?", _must_be),
        (r"(?:Integer value|Number) out of range", lambda _: "This number is out of range."),
        (r"Input data was truncated", lambda _: "The JSON ends too early."),
    )
]


def explain(message: str) -> str:
    """Return the message for clients. Unknown messages are returned unchanged."""
    for regex, say in _MESSAGES:
        if match := regex.fullmatch(message):
            return say(match)
    return message
