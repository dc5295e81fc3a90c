"""An object is asked for at the API as at kubectl, as far as short names are known."""

import pytest
from django.http import QueryDict

from dashboard.api import asked, types
from eventstream import history
from eventstream.history import WatchedType

WATCHED = [
    WatchedType(
        "DeploymentConfig.apps.openshift.io",
        "apps.openshift.io",
        "deploymentconfigs",
        namespaced=True,
    ),
    WatchedType("Deployment.apps", "apps", "deployments", namespaced=True),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("dc", ["deploymentconfigs"]),
        ("dc.apps.openshift.io", ["deploymentconfigs"]),
        ("deploy", ["deployments"]),
        ("Deployment", ["deployments"]),
        ("dc.apps", []),
    ],
)
def test_a_type_is_found_by_what_people_call_it(
    monkeypatch: pytest.MonkeyPatch, asked: str, found: list[str]
) -> None:
    monkeypatch.setattr(history, "types", lambda: tuple(WATCHED))
    assert [each.plural for each in types.called(asked)] == found


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("deploy", "Deployment"),
        ("deployments", "Deployment"),
        ("dc", "DeploymentConfig"),
        ("Deployment", "Deployment"),
        ("nothings", "nothings"),
        ("", ""),
    ],
)
def test_a_kind_is_asked_for_as_at_kubectl(
    monkeypatch: pytest.MonkeyPatch, given: str, kind: str
) -> None:
    monkeypatch.setattr(history, "types", lambda: tuple(WATCHED))
    assert asked.query(QueryDict(f"kind={given}"), asked.Changes).kind == kind
