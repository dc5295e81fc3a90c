"""The API is as it describes itself, whatever is asked of it."""

from typing import Any

import msgspec
import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from msgspec.structs import fields
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dashboard.api import documents, openapi
from dashboard.api.declared import ADDRESSES, OPERATIONS
from dashboard.asgi import application
from tests.dashboard import scenes

EXAMPLES = 12
CHECKS = [
    *(not_a_server_error, status_code_conformance),
    *(content_type_conformance, response_schema_conformance),
]
DESCRIBED = msgspec.json.decode(openapi.document())


def test_each_address_is_described_and_each_description_has_one() -> None:
    described = {path for path in DESCRIBED["paths"] if path != "/api/v1/watch"}
    assert len(described) == len(OPERATIONS)
    addresses = {
        f"/{each.address}".replace("<str:", "{").replace("<uid:", "{").replace(">", "}")
        for each in ADDRESSES
    }
    assert described | {"/api/v1/watch", "/api/v1/openapi.json"} == addresses


def test_the_description_is_valid_and_has_words_for_everything(schema: Any) -> None:
    schema.validate()
    assert DESCRIBED["openapi"] == "3.1.0"
    for path, methods in DESCRIBED["paths"].items():
        assert methods["get"]["summary"], path
        assert {"200", "400", "401", "403", "429", "503"} <= methods["get"]["responses"].keys()
    for name, described in DESCRIBED["components"]["schemas"].items():
        assert described.get("description"), name


@pytest.mark.django_db(transaction=True)
def test_what_is_told_of_coverage_is_what_its_page_tells_programs(client: Client) -> None:
    scenes.store(scenes.nginx(100.0))
    told = client.get("/coverage.json").json()
    own = client.get("/api/v1/coverage").json()
    assert told.keys() == own.keys() == {f.encode_name for f in fields(documents.Coverage)}
    for name in told.keys() - {"at", "cluster", "live", "history"}:
        assert own[name] == told[name]


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(DESCRIBED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", sorted(DESCRIBED["paths"].keys() - {"/api/v1/watch"}))
def test_whatever_is_asked_is_answered_as_described(path: str, schema: Any) -> None:
    scenes.store(scenes.nginx(100.0))
    scenes.connected()
    operation = schema[path]["GET"]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def asked(case: Any) -> None:
        answer = case.call(app=application, base_url="http://localhost:8000")
        case.validate_response(answer, checks=CHECKS)

    asked()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=slow", "state (running, complete, stalled, superseded, unknown)"),
        ("nmespace=shop", "This address takes namespace, kind, actor, state"),
    ],
)
def test_a_query_that_cannot_be_read_is_told_what_the_address_takes(
    client: Client, query: str, said: str
) -> None:
    answer = client.get(f"/api/v1/traces?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
