"""The part of `curl` that docs/walkthrough.md uses, so that the test needs Python only."""

import http.client
import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import urlsplit

parser = ArgumentParser(add_help=False, allow_abbrev=False)
parser.add_argument("url")
parser.add_argument("-X", dest="method")
parser.add_argument("-H", dest="headers", action="append", default=[])
parser.add_argument("-d", dest="body")
parser.add_argument("-o", dest="output")
parser.add_argument("-w", dest="write_out", default="")
parser.add_argument("-s", action="store_true")


def main() -> None:
    """Make the request, print the answer's body, and append the answer to $CURL_NOTES."""
    request = parser.parse_args()
    method = request.method or ("GET" if request.body is None else "POST")
    headers = dict(header.split(": ", 1) for header in request.headers)
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    path = parts._replace(scheme="", netloc="").geturl()
    connection.request(method, path, request.body and request.body.encode(), headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    note = {"method": method, "url": request.url, "status": f"{answer.status} {answer.reason}", "body": body}
    with Path(os.environ["CURL_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(note) + "\n")
    if request.output:
        Path(request.output).write_text(body, encoding="utf-8")
    else:
        sys.stdout.write(body)
    sys.stdout.write(request.write_out.replace("%{redirect_url}", answer.headers["location"] or ""))


if __name__ == "__main__":
    main()
