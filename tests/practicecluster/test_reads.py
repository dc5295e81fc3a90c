"""Gets and lists, and every way of saying no, compared with a real server's answers."""

import json

import pytest

from practicecluster.cluster import PracticeCluster
from tests.practicecluster.conftest import Answer, Api
from tests.practicecluster.objects import CONFIG_MAPS, PODS, config_map, delete, pod, put


def status(message: str, reason: str, code: int, **more: object) -> dict[str, object]:
    """Return a Status as the transcripts show it."""
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return {**head, "message": message, "reason": reason, **more, "code": code}


def fill(cluster: PracticeCluster, *names: str) -> None:
    for name in names:
        put(cluster.store, CONFIG_MAPS, config_map(name))


async def test_an_object_is_got_whole(cluster: PracticeCluster, api: Api) -> None:
    revision = put(cluster.store, CONFIG_MAPS, config_map("one"))
    answer = await api.ask("/api/v1/namespaces/shop/configmaps/one")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-cache, private"
    assert list(answer.json)[:2] == ["kind", "apiVersion"]
    assert answer.json["metadata"]["resourceVersion"] == str(revision)


async def test_the_status_of_an_object_is_the_object(api: Api) -> None:
    answer = await api.ask("/api/v1/namespaces/default/status")
    assert answer.json["metadata"]["name"] == "default"


async def test_an_absent_object_is_not_found(api: Api) -> None:
    answer = await api.ask("/api/v1/namespaces/absent")
    details = {"name": "absent", "kind": "namespaces"}
    message = 'namespaces "absent" not found'
    assert answer.json == status(message, "NotFound", 404, details=details)
    of_group = (await api.ask("/apis/apps/v1/namespaces/shop/deployments/absent")).json
    assert of_group["message"] == 'deployments.apps "absent" not found'
    assert of_group["details"] == {"name": "absent", "group": "apps", "kind": "deployments"}


@pytest.mark.parametrize(
    "path",
    [
        "/apis/stable.example.com/v1/websites",
        "/api/v2/pods",
        "/apis/apps/v1/namespaces/shop/namespaces",
        "/api/v1/namespaces/shop/nodes",
        "/api/v1/namespaces/shop/pods/x/exec",
        "/openapi/v2",
        "/openapi/v3",
        "/",
        "/apis/nothing",
    ],
)
async def test_an_unknown_path_is_told_in_plain_text(api: Api, path: str) -> None:
    answer = await api.ask(path)
    assert (answer.status, answer.text) == (404, "404 page not found\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_written(api: Api, method: str) -> None:
    answer = await api.ask("/api/v1/namespaces/default", method=method, body=b"{}")
    message = "the server does not allow this method on the requested resource"
    assert answer.json == status(message, "MethodNotAllowed", 405, details={})


async def test_a_type_without_watch_can_not_be_watched(api: Api) -> None:
    assert (await api.ask("/api/v1/componentstatuses")).status == 200
    assert (await api.ask("/api/v1/componentstatuses?watch=1")).status == 405


async def test_lists_are_of_a_namespace_or_of_all(cluster: PracticeCluster, api: Api) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("here", "shop"))
    put(cluster.store, CONFIG_MAPS, config_map("there", "bank"))
    everywhere = await api.ask("/api/v1/configmaps")
    assert everywhere.names == ["there", "here"], "sorted as etcd sorts: namespace, then name"
    assert everywhere.json["kind"] == "ConfigMapList"
    assert "kind" not in everywhere.json["items"][0], "as in a real List of a built-in type"
    assert (await api.ask("/api/v1/namespaces/shop/configmaps")).names == ["here"]


async def test_a_paged_list_shows_the_state_of_its_first_page(
    cluster: PracticeCluster, api: Api
) -> None:
    fill(cluster, "a", "b", "c", "d")
    first = await api.ask("/api/v1/configmaps?limit=2")
    assert first.names == ["a", "b"]
    assert first.json["metadata"]["remainingItemCount"] == 2
    delete(cluster.store, CONFIG_MAPS, config_map("c"))
    fill(cluster, "d", "e")
    rest = await api.ask(f"/api/v1/configmaps?limit=2&continue={_token(first)}")
    assert rest.names == ["c", "d"], "neither the deletion nor the new object shows"
    assert rest.json["metadata"] == {"resourceVersion": _version(first)}
    old_d = rest.json["items"][1]["metadata"]["resourceVersion"]
    assert int(old_d) <= int(_version(first))


async def test_a_page_of_a_compacted_version_is_gone(cluster: PracticeCluster, api: Api) -> None:
    fill(cluster, "a", "b", "c")
    first = await api.ask("/api/v1/configmaps?limit=1")
    fill(cluster, "d")
    cluster.store.compact()
    gone = await api.ask(f"/api/v1/configmaps?limit=1&continue={_token(first)}")
    assert (gone.status, gone.json["reason"], gone.json["code"]) == (410, "Expired", 410)
    assert gone.json["message"].startswith("The provided continue parameter is too old")
    rest = await api.ask(f"/api/v1/configmaps?continue={_token(gone)}")
    assert rest.names == ["b", "c", "d"], "the inconsistent rest, as the Status offers"


def _token(answer: Answer) -> str:
    return str(answer.json["metadata"]["continue"])


def _version(answer: Answer) -> str:
    return str(answer.json["metadata"]["resourceVersion"])


async def test_a_bad_continue_token_is_refused_in_gos_words(api: Api) -> None:
    answer = await api.ask("/api/v1/namespaces?limit=1&continue=nonsense")
    message = (
        "invalid continue token: continue key is not valid: invalid character '\\x9e' looking "
        "for beginning of value"
    )
    assert answer.json == status(message, "BadRequest", 400)


async def test_a_version_not_reached_yet_is_too_large(api: Api) -> None:
    path = "/api/v1/namespaces?resourceVersion=999999999999&resourceVersionMatch=NotOlderThan"
    answer = await api.ask(path)
    current = _version(await api.ask("/api/v1/namespaces"))
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    assert answer.json == status(
        f"Timeout: Too large resource version: 999999999999, current: {current}",
        "Timeout",
        504,
        details={"causes": [cause], "retryAfterSeconds": 1},
    )
    assert answer.headers["Retry-After"] == "1"


async def test_an_exact_version_shows_the_past_until_it_is_compacted(
    cluster: PracticeCluster, api: Api
) -> None:
    revision = put(cluster.store, CONFIG_MAPS, config_map("a"))
    fill(cluster, "b")
    path = f"/api/v1/configmaps?resourceVersionMatch=Exact&resourceVersion={revision}"
    assert (await api.ask(path)).names == ["a"]
    cluster.store.compact()
    gone = await api.ask(path)
    message = "The resourceVersion for the provided list is too old."
    assert gone.json == status(message, "Expired", 410)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("resourceVersionMatch=Exact", 422),
        ("resourceVersionMatch=Newest&resourceVersion=1", 422),
        ("limit=many", 400),
        (
            "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIvYSJ9&resourceVersion=5",
            400,
        ),
        ("continue=%21", 400),
        ("labelSelector=%3D%3D", 400),
    ],
)
async def test_options_without_sense_are_refused(api: Api, query: str, code: int) -> None:
    answer = await api.ask(f"/api/v1/namespaces?{query}")
    assert (answer.status, answer.json["kind"], answer.json["code"]) == (code, "Status", code)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", ["a"]),
        ("app==web,tier=front", ["a"]),
        ("app!=web", ["b", "c"]),
        ("app in (web, db)", ["a", "b"]),
        ("app notin (web)", ["b", "c"]),
        ("app", ["a", "b"]),
        ("!app", ["c"]),
    ],
)
async def test_labels_select(
    cluster: PracticeCluster, api: Api, selector: str, names: list[str]
) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("a", app="web", tier="front"))
    put(cluster.store, CONFIG_MAPS, config_map("b", app="db"))
    put(cluster.store, CONFIG_MAPS, config_map("c"))
    answer = await api.ask(f"/api/v1/configmaps?labelSelector={selector.replace('=', '%3D')}")
    assert answer.names == names


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("spec.nodeName=node-1", ["b"]),
        ("spec.nodeName=", ["a"]),
        ("status.phase!=Running", ["a"]),
        ("metadata.name=b", ["b"]),
        ("metadata.namespace=shop,metadata.name!=b", ["a"]),
    ],
)
async def test_fields_select(
    cluster: PracticeCluster, api: Api, selector: str, names: list[str]
) -> None:
    put(cluster.store, PODS, pod("a"))
    put(cluster.store, PODS, pod("b", node="node-1", phase="Running"))
    answer = await api.ask(f"/api/v1/pods?fieldSelector={selector.replace('=', '%3D')}")
    assert answer.names == names


async def test_other_fields_are_refused(api: Api) -> None:
    answer = await api.ask("/api/v1/pods?fieldSelector=spec.color%3Dred")
    assert answer.json == status("field label not supported: spec.color", "BadRequest", 400)
    configmaps = await api.ask("/api/v1/configmaps?fieldSelector=data%3Dx")
    assert configmaps.json["message"] == (
        '"data" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )


async def test_metadata_alone_can_be_listed(cluster: PracticeCluster, api: Api) -> None:
    fill(cluster, "a")
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    answer = await api.ask("/api/v1/configmaps", headers={"Accept": accept})
    assert answer.json["kind"] == "PartialObjectMetadataList"
    assert list(answer.json["items"][0]) == ["kind", "apiVersion", "metadata"]


async def test_health_is_answered(api: Api) -> None:
    assert [(await api.ask(path)).text for path in ("/healthz", "/livez", "/readyz")] == ["ok"] * 3


async def test_connections_are_kept_for_the_next_request(api: Api) -> None:
    answer = await api.ask("/api/v1/namespaces")
    assert answer.headers["Content-Length"] == str(len(answer.text))
    assert json.loads(answer.text)["kind"] == "NamespaceList"
