"""As much of `curl` as docs/walkthrough.md uses, so that Python is all one needs; notes each answer in $CURL_NOTES."""

import http.client
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit


class Request(NamedTuple):
    """What the command line asks for."""

    url: str
    method: str
    headers: dict[str, str]
    body: str | None
    output: str | None
    write_out: str


def read(arguments: Iterator[str]) -> Request:
    """Read a command line. Raises ValueError for what is beyond this curl."""
    url, method, headers, body, output, write_out = "", "", {}, None, None, ""
    for argument in arguments:
        if argument == "-X":
            method = next(arguments)
        elif argument == "-H":
            name, _, value = next(arguments).partition(":")
            headers[name] = value.strip()
        elif argument == "-d":
            body = next(arguments)
        elif argument == "-o":
            output = next(arguments)
        elif argument == "-w":
            write_out = next(arguments)
        elif argument != "-s":
            if url or argument.startswith("-"):
                raise ValueError(argument)
            url = argument
    return Request(url, method or ("GET" if body is None else "POST"), headers, body, output, write_out)


def main() -> None:
    """Make the request, print the answer's body, and note what it was."""
    request = read(iter(sys.argv[1:]))
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    path = parts._replace(scheme="", netloc="").geturl()
    connection.request(request.method, path, request.body and request.body.encode(), request.headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    note = {"method": request.method, "url": request.url, "status": f"{answer.status} {answer.reason}", "body": body}
    with Path(os.environ["CURL_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(note) + "\n")
    if request.output:
        Path(request.output).write_text(body, encoding="utf-8")
    else:
        sys.stdout.write(body)
    sys.stdout.write(request.write_out.replace("%{redirect_url}", answer.headers["location"] or ""))


if __name__ == "__main__":
    main()
