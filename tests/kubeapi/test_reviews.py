"""Reviews: what is asked of the API server about a viewer, as whom, and what its answers mean."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from eventstream.kubeapi.connection import Connection, connect
from eventstream.kubeapi.reviews import ApiReviews
from eventstream.reviewing import (
    Identity,
    Names,
    Question,
    Rule,
    Token,
    UnansweredError,
    UnrecognisedError,
)
from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.kubeapi.certificates import Authority
from tests.kubeapi.configs import write_kubeconfig as write_config

SAM = Token("token-of-sam")
PODS = Question("list", "", "pods", "shop")
WHO = {"userInfo": {"username": "sam", "groups": ["team"]}}


@pytest.fixture
async def cluster() -> AsyncIterator[PracticeCluster]:
    async with PracticeCluster() as running:
        running.access.viewers[SAM.value] = Viewer("sam", ("team",), frozenset({"shop"}))
        yield running


@pytest.fixture
async def reviews(cluster: PracticeCluster, tmp_path: Path) -> AsyncIterator[ApiReviews]:
    write_kubeconfig(cluster.kubeconfig(), tmp_path / "kubeconfig")
    connection = await connect(kubeconfig=str(tmp_path / "kubeconfig"))
    made = ApiReviews(connection)
    yield made
    await made.close()
    await connection.close()


async def test_a_token_is_whose_the_server_says(reviews: ApiReviews) -> None:
    assert await reviews.who(SAM) == Identity("sam", ("team",))
    with pytest.raises(UnrecognisedError):
        await reviews.who(Token("another"))


async def test_what_a_viewer_may_is_asked_with_the_viewers_token(reviews: ApiReviews) -> None:
    assert await reviews.allowed(SAM, PODS)
    assert not await reviews.allowed(SAM, Question("list", "", "pods", "vault"))
    assert not await reviews.allowed(SAM, Question("list", "", "pods"))
    assert not await reviews.allowed(SAM, Question("delete", "", "pods", "shop"))
    rules = await reviews.rules(SAM, "shop")
    assert rules is not None
    assert {"list", "watch"} <= set(rules[0].verbs)
    assert await reviews.rules(SAM, "vault") == ()


async def test_names_are_asked_about_by_baton_which_has_to_be_granted_that(
    cluster: PracticeCluster, reviews: ApiReviews
) -> None:
    sam = Names("sam", ("team",))
    with pytest.raises(UnansweredError, match="system:auth-delegator"):
        await reviews.allowed(sam, PODS)
    cluster.access.delegates = True
    assert await reviews.allowed(sam, PODS)
    assert not await reviews.allowed(Names("stranger"), PODS)
    assert await reviews.rules(sam, "shop") is None


Answers = dict[str, tuple[int, Any]]


class Server:
    """Answers by path; notes what came, and by which certificate."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.came: list[tuple[str, str, str]] = []
        self.certificates: list[Any] = []
        self.bodies: list[Any] = []

    async def handle(self, request: web.Request) -> web.Response:
        authorization = request.headers.get("Authorization", "")
        self.came.append((request.method, request.path, authorization))
        self.bodies.append(await request.json() if request.method == "POST" else None)
        transport = request.transport
        assert transport is not None
        self.certificates.append(transport.get_extra_info("peercert"))
        status, body = self.answers.get(request.path, (404, {"kind": "Status"}))
        return web.json_response(body, status=status)


async def asked(
    server: Server, tmp_path: Path, tls: ssl.SSLContext | None = None, **parts: Any
) -> tuple[TestServer, Connection, ApiReviews]:
    """A server that was asked for its version, a connection to it, and its reviews."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    served = TestServer(application, scheme="http" if tls is None else "https")
    if tls is None:
        await served.start_server()
    else:
        await served.start_server(ssl=tls)
    url = str(served.make_url("")).rstrip("/")
    connection = await connect(kubeconfig=str(write_config(tmp_path / "config", url, **parts)))
    server.came.clear()
    return served, connection, ApiReviews(connection)


def self_review(version: str) -> str:
    return f"/apis/authentication.k8s.io/{version}/selfsubjectreviews"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({self_review("v1"): (201, {"status": WHO})}, Identity("sam", ("team",))),
        ({self_review("v1beta1"): (201, {"status": WHO})}, Identity("sam", ("team",))),
        (
            {
                self_review("v1"): (403, {}),
                "/apis/user.openshift.io/v1/users/~": (
                    200,
                    {"metadata": {"name": "sam"}, "groups": ["team"]},
                ),
            },
            Identity("sam", ("team",)),
        ),
        ({self_review("v1"): (401, {})}, UnrecognisedError),
        ({self_review("v1"): (201, {"status": {}})}, UnrecognisedError),
        (
            {
                self_review("v1"): (
                    201,
                    {
                        "status": {
                            "userInfo": {
                                "username": "system:anonymous",
                                "groups": ["system:unauthenticated"],
                            }
                        }
                    },
                )
            },
            UnrecognisedError,
        ),
        ({self_review("v1"): (500, {})}, UnansweredError),
        ({self_review("v1"): (201, ["no review"])}, UnansweredError),
        ({}, UnansweredError),
    ],
)
async def test_who_it_is_by_what_the_server_has(
    answers: Answers, expected: Any, tmp_path: Path
) -> None:
    server = Server({"/version": (200, {"gitVersion": "v1.36.2"}), **answers})
    served, connection, reviews = await asked(server, tmp_path)
    try:
        if isinstance(expected, Identity):
            assert await reviews.who(SAM) == expected
        else:
            with pytest.raises(expected):
                await reviews.who(SAM)
        assert {each[2] for each in server.came} == {f"Bearer {SAM.value}"}, "never Baton's own"
    finally:
        await reviews.close()
        await connection.close()
        await served.close()


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ({"allowed": True}, True),
        ({"allowed": False}, False),
        ({"allowed": True, "denied": True}, False),
        ({}, False),
    ],
)
async def test_only_yes_is_yes(status: dict[str, bool], allowed: bool, tmp_path: Path) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    server = Server({"/version": (200, {}), path: (201, {"status": status})})
    server.answers["/version"] = (200, {"gitVersion": "v1.36.2"})
    served, connection, reviews = await asked(server, tmp_path)
    try:
        assert await reviews.allowed(SAM, PODS) is allowed
    finally:
        await reviews.close()
        await connection.close()
        await served.close()


RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
OPENSHIFT_RULES = "/apis/authorization.openshift.io/v1/namespaces/shop/selfsubjectrulesreviews"
PODS_RULE = {"verbs": ["list", "watch"], "apiGroups": [""], "resources": ["pods"]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            (201, {"status": {"rules": [PODS_RULE]}}),
            (Rule(["list", "watch"], [""], ["pods"]),),
        ),
        (
            (200, {"status": {"rules": [PODS_RULE | {"apiGroups": None, "resourceNames": ["a"]}]}}),
            (Rule(["list", "watch"], ("*",), ["pods"], ["a"]),),
        ),
        ((201, {"status": {"rules": None}}), ()),
        ((201, {"status": {"rules": [PODS_RULE], "evaluationError": "no such role"}}), None),
        ((403, {"kind": "Status"}), None),
        ((404, {"kind": "Status"}), None),
    ],
)
async def test_a_token_that_may_not_ask_for_rules_asks_openshift_for_the_viewers_own(
    answer: tuple[int, Any], expected: Any, tmp_path: Path
) -> None:
    """OpenShift's scope user:check-access allows just that, beside asking of single accesses."""
    refused = (403, {"kind": "Status"})
    answers = {"/version": (200, {"gitVersion": "v1.36.2"}), RULES: refused}
    server = Server({**answers, OPENSHIFT_RULES: answer})
    served, connection, reviews = await asked(server, tmp_path)
    try:
        assert await reviews.rules(SAM, "shop") == expected
        assert [each[:2] for each in server.came] == [("POST", RULES), ("POST", OPENSHIFT_RULES)]
        assert {each[2] for each in server.came} == {f"Bearer {SAM.value}"}, "never Baton's own"
        assert server.bodies[-1]["spec"] == {"scopes": []}, "not those of the token"
    finally:
        await reviews.close()
        await connection.close()
        await served.close()


async def test_a_viewers_requests_carry_no_certificate_of_batons(tmp_path: Path) -> None:
    """An API server takes a client certificate for who asks, whatever token comes with it."""
    authority = Authority(tmp_path)
    tls = authority.server_context(clients=True)
    tls.verify_mode = ssl.CERT_OPTIONAL
    certificate, key = authority.sign("baton")
    path = self_review("v1")
    answers = {"/version": (200, {"gitVersion": "v1"}), path: (201, {"status": WHO})}
    server = Server(answers)
    user = {"client-certificate": str(certificate), "client-key": str(key)}
    cluster = {"certificate-authority": str(authority.path)}
    served, connection, reviews = await asked(server, tmp_path, tls, user=user, cluster=cluster)
    try:
        await connection.version()
        assert server.certificates[-1], "as Baton, by its certificate"
        assert await reviews.who(SAM) == Identity("sam", ("team",))
        assert not server.certificates[-1], "as the viewer, by the token alone"
    finally:
        await reviews.close()
        await connection.close()
        await served.close()


async def test_a_server_that_is_away_is_said_to_be(
    cluster: PracticeCluster, reviews: ApiReviews
) -> None:
    await cluster.__aexit__(None, None, None)
    try:
        with pytest.raises(UnansweredError, match="cannot be reached"):
            await reviews.allowed(SAM, PODS)
    finally:
        await cluster.__aenter__()
