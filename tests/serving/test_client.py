"""The client's types are those of the OpenAPI document."""

import json
import os
import subprocess
from typing import Any, get_args, get_type_hints

import pytest

from serving.client import DecisionAnswer, GivenDecision, HistorySeen, PaymentRequest
from swipestream.decisions import program
from swipestream.settings import REPO_ROOT

PRINT = "import json; from serving.decisions.document import openapi; print(json.dumps(openapi()))"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    result = subprocess.run(
        [str(program.python()), "-c", PRINT],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPO_ROOT,
        env=os.environ | {"PYTHONPATH": str(REPO_ROOT)},
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("kind", [DecisionAnswer, GivenDecision, HistorySeen, PaymentRequest])
def test_it_has_the_fields_of_the_document(document: dict[str, Any], kind: type) -> None:
    if kind is PaymentRequest:
        body = document["paths"]["/v1/decisions"]["post"]["requestBody"]
        schema = body["content"]["application/json"]["schema"]
    else:
        schema = document["components"]["schemas"][kind.__name__]
    assert list(get_type_hints(kind)) == list(schema["properties"])
    required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]
    assert required == set(schema["required"])
    for name, hint in get_type_hints(kind).items():
        allows_null = type(None) in get_args(hint)
        found = schema["properties"][name]
        assert allows_null == ({"type": "null"} in found.get("anyOf", [])), name
