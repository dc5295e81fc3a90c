"""People beside the observer: each has a token, and the rights that the reviews tell of."""

import json
from typing import Any

import pytest

from practicecluster.__main__ import _invite
from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from tests.practicecluster.conftest import Api

SAM = {"Authorization": "Bearer token-of-sam"}
AUTHORIZATION = "/apis/authorization.k8s.io/v1"


@pytest.fixture
def sam(cluster: PracticeCluster) -> Viewer:
    resources = frozenset({"pods", "deployments.apps"})
    viewer = Viewer("sam", ("team",), frozenset({"shop"}), resources)
    cluster.access.viewers["token-of-sam"] = viewer
    return viewer


async def asked(api: Api, kind: str, spec: dict[str, Any]) -> Any:
    body = json.dumps({"spec": spec}).encode()
    path = f"{AUTHORIZATION}/{kind.lower()}s"
    answer = await api.ask(path, method="POST", headers=SAM, body=body)
    assert answer.status == 201
    assert answer.json["kind"] == kind
    return answer.json["status"]


async def may(api: Api, **attributes: str) -> bool:
    spec = {"resourceAttributes": attributes}
    return bool((await asked(api, "SelfSubjectAccessReview", spec))["allowed"])


async def test_the_rights_of_a_person_are_what_may_be_read(api: Api, sam: Viewer) -> None:
    for path, status in (
        ("/api/v1/namespaces/shop/pods", 200),
        ("/apis/apps/v1/namespaces/shop/deployments", 200),
        ("/api/v1/namespaces/shop/events", 403),
        ("/api/v1/namespaces/vault/pods", 403),
        ("/api/v1/pods", 403),
        ("/api/v1/nodes", 403),
    ):
        assert (await api.ask(path, headers=SAM)).status == status, path


async def test_reviews_tell_the_same(api: Api, sam: Viewer) -> None:
    assert await may(api, verb="list", resource="pods", namespace="shop")
    assert await may(api, verb="watch", group="apps", resource="deployments", namespace="shop")
    assert not await may(api, verb="list", resource="pods")
    assert not await may(api, verb="list", resource="events", namespace="shop")
    assert not await may(api, verb="delete", resource="pods", namespace="shop")
    assert not await may(api, verb="list", group="*", resource="*")
    rules = (await asked(api, "SelfSubjectRulesReview", {"namespace": "shop"}))["resourceRules"]
    told = {(*rule["apiGroups"], *rule["resources"]) for rule in rules}
    assert told == {("", "pods"), ("apps", "deployments")}
    other = await asked(api, "SelfSubjectRulesReview", {"namespace": "vault"})
    assert other["resourceRules"] == []


async def test_a_right_that_is_taken_is_gone_at_once(api: Api, sam: Viewer) -> None:
    sam.namespaces = frozenset()
    assert (await api.ask("/api/v1/namespaces/shop/pods", headers=SAM)).status == 403


async def test_only_who_was_granted_that_may_ask_about_others(
    cluster: PracticeCluster, api: Api, sam: Viewer
) -> None:
    own = {"Authorization": f"Bearer {cluster.access.token}"}
    attributes = {"verb": "list", "resource": "pods", "namespace": "shop"}
    body = json.dumps({"spec": {"user": "sam", "resourceAttributes": attributes}}).encode()
    path = f"{AUTHORIZATION}/subjectaccessreviews"
    assert (await api.ask(path, method="POST", headers=own, body=body)).status == 403
    cluster.access.delegates = True
    answer = await api.ask(path, method="POST", headers=own, body=body)
    assert (answer.status, answer.json["status"]["allowed"]) == (201, True)
    assert (await api.ask(path, method="POST", headers=SAM, body=body)).status == 403


def test_people_are_invited_and_their_tokens_said(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = PracticeCluster()
    _invite(cluster)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(cluster.access.viewers) == 2
    for token, viewer in cluster.access.viewers.items():
        (line,) = [each for each in said if each.endswith(f": {token}")]
        assert line.startswith(f"Token of {viewer.name}, who may see")
