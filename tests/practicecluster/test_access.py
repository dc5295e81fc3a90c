"""Tokens, forbidden types and the review APIs, compared with a real server's answers."""

import asyncio
import json

import aiohttp
import pytest

from practicecluster.access import USER
from practicecluster.cluster import PracticeCluster
from tests.practicecluster.conftest import Api

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


async def test_a_wrong_token_is_unauthorized(api: Api) -> None:
    answer = await api.ask("/api/v1/pods", headers={"Authorization": "Bearer wrong"})
    assert (answer.status, answer.json) == (
        401,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Unauthorized",
            "reason": "Unauthorized",
            "code": 401,
        },
    )


async def test_a_forbidden_type_is_named_with_user_verb_and_scope(
    cluster: PracticeCluster, api: Api
) -> None:
    cluster.access.forbidden |= {"pods", "deployments.apps"}
    token = {"Authorization": f"Bearer {cluster.access.token}"}
    answer = await api.ask("/api/v1/pods", headers=token)
    assert (answer.status, answer.headers["X-Content-Type-Options"]) == (403, "nosniff")
    assert answer.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": (
            f'pods is forbidden: User "{USER}" cannot list resource "pods" in API group "" at the '
            "cluster scope"
        ),
        "reason": "Forbidden",
        "details": {"kind": "pods"},
        "code": 403,
    }
    path = "/apis/apps/v1/namespaces/shop/deployments"
    watched = await api.ask(f"{path}?watch=1", headers=token)
    assert watched.status == 403, "a watch is refused by its status, not in the stream"
    assert watched.json["message"] == (
        f'deployments.apps is forbidden: User "{USER}" cannot watch resource "deployments" in API '
        'group "apps" in the namespace "shop"'
    )
    one = (await api.ask(f"{path}/nginx", headers=token)).json
    assert one["message"].startswith(f'deployments.apps "nginx" is forbidden: User "{USER}" cannot')
    cluster.access.forbidden.clear()
    assert (await api.ask("/api/v1/pods", headers=token)).status == 200


async def test_without_credentials_only_the_public_paths_may_be_closed() -> None:
    async with PracticeCluster(anonymous=False) as cluster, aiohttp.ClientSession() as session:
        api = Api(cluster, session)
        assert (await api.ask("/version")).status == 200
        assert (await api.ask("/healthz")).status == 200
        assert (await api.ask("/apis")).json["message"] == (
            'forbidden: User "system:anonymous" cannot get path "/apis"'
        )
        pods = (await api.ask("/api/v1/pods")).json
        assert pods["message"] == (
            'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group '
            '"" at the cluster scope'
        )
        token = {"Authorization": f"Bearer {cluster.access.token}"}
        assert (await api.ask("/api/v1/pods", headers=token)).status == 200


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ({"namespace": "default", "verb": "list", "resource": "pods"}, True),
        ({"verb": "watch", "group": "apps", "resource": "deployments"}, True),
        ({"verb": "list", "resource": "nodes"}, False),
        ({"verb": "delete", "resource": "pods"}, False),
    ],
)
async def test_an_access_review_tells_what_may_be_read(
    cluster: PracticeCluster, api: Api, attributes: dict[str, str], *, allowed: bool
) -> None:
    cluster.access.forbidden.add("nodes")
    asked = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.ask(REVIEWS, method="POST", body=json.dumps(asked).encode())
    assert answer.status == 201
    assert answer.json["spec"] == asked["spec"]
    assert answer.json["status"]["allowed"] is allowed
    assert ("reason" in answer.json["status"]) is allowed


async def test_a_review_of_a_path_is_answered(api: Api) -> None:
    body = b'{"spec":{"nonResourceAttributes":{"path":"/apis","verb":"get"}}}'
    answer = await api.ask(REVIEWS, method="POST", body=body)
    assert answer.json["status"]["allowed"] is True


async def test_a_subject_review_names_the_user(cluster: PracticeCluster, api: Api) -> None:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    token = {"Authorization": f"Bearer {cluster.access.token}"}
    body = b'{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'
    answer = await api.ask(path, method="POST", headers=token, body=body)
    assert answer.status == 201
    user = answer.json["status"]["userInfo"]
    assert (user["username"], user["groups"][-1]) == (USER, "system:authenticated")


# As kubectl 1.32 sends it for `kubectl auth can-i list deployments.apps -n shop`.
KUBECTL_ASKS = (
    b"k8s\x00\n2\n\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12E"
    b'\n\x10\n\x00\x12\x00\x1a\x00"\x00*\x002\x008\x00B\x00'
    b"\x12'\n%\n\x04shop\x12\x04list\x1a\x04apps\"\x00*\x0bdeployments2\x00:\x00"
    b'\x1a\x08\x08\x00\x12\x00\x1a\x00 \x00\x1a\x00"\x00'
)


async def test_a_review_in_protobuf_is_understood(api: Api) -> None:
    answer = await api.ask(REVIEWS, method="POST", body=KUBECTL_ASKS)
    attributes = {"namespace": "shop", "verb": "list", "group": "apps", "resource": "deployments"}
    assert answer.json["spec"] == {"resourceAttributes": attributes}
    assert answer.json["status"]["allowed"] is True


async def test_a_review_without_sense_is_refused(api: Api) -> None:
    for body in (b"neither", KUBECTL_ASKS[:-9], KUBECTL_ASKS[:5] + b"\xff", b"k8s\x00\x0d\x01"):
        assert (await api.ask(REVIEWS, method="POST", body=body)).status == 415
    assert (await api.ask(REVIEWS, method="POST", body=b"{}")).status == 400


async def test_faults_come_when_asked_for_and_go(cluster: PracticeCluster, api: Api) -> None:
    cluster.faults.answer("/api/v1/pods", 503, times=2)
    seen = [(await api.ask(path)).status for path in ("/api/v1/pods", "/api/v1/nodes")]
    assert seen == [503, 200]
    assert [(await api.ask("/api/v1/pods")).status for _ in range(2)] == [503, 200]


async def test_a_frozen_server_answers_nothing_until_it_thaws(
    cluster: PracticeCluster, api: Api
) -> None:
    async with api.watch("/api/v1/namespaces?watch=1") as watch:
        await watch.seen(4)
        cluster.faults.freeze()
        cluster.faults.send_raw("/api/v1/namespaces", b'{"late": true}\n')
        asking = asyncio.create_task(api.ask("/healthz"))
        assert await watch.is_silent()
        assert not asking.done()
        cluster.faults.thaw()
        assert (await asking).text == "ok"
        assert await watch.line() == {"late": True}


@pytest.mark.parametrize("after", [1, 100, 700])
async def test_a_watch_can_break_off_after_any_byte(
    cluster: PracticeCluster, api: Api, after: int
) -> None:
    cluster.faults.cut("/api/v1/namespaces", after=after)
    async with api.watch("/api/v1/namespaces?watch=1") as watch:
        body = watch.response.content
        assert len(await body.readexactly(after)) == after
        with pytest.raises(aiohttp.ClientPayloadError):
            await body.read(1)
    async with api.watch("/api/v1/namespaces?watch=1") as watch:
        assert len(await watch.seen(4)) == 4, "only the one watch was cut"


async def test_raw_bytes_reach_the_open_watches(cluster: PracticeCluster, api: Api) -> None:
    async with api.watch("/api/v1/configmaps?watch=1") as watch:
        assert cluster.faults.send_raw("/api/v1/configmaps", b"not json\n") == 1
        assert await watch.response.content.readline() == b"not json\n"
    assert cluster.faults.send_raw("/api/v1/secrets", b"nobody\n") == 0
