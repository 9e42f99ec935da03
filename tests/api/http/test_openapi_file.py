"""`docs/openapi.json`, for whoever generates clients, is what the API says of itself."""

import json
from pathlib import Path

from tests.support.http.openapi_contract import Contract

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_file_is_what_the_api_says(contract: Contract) -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == contract.document, "run `./task openapi`"
