"""Events are one storage in two API versions; the recordings show both, made by a real server."""

import json

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.event_versions import to_core_version, to_group_version
from practicecluster.playlist import SHIPPED
from practicecluster.tape import TAPES
from tests.practicecluster.conftest import Api
from tests.practicecluster.objects import put
from tests.practicecluster.tapes import JsonObject


def recorded(resource: str) -> dict[tuple[str, str], JsonObject]:
    found = {}
    for name in SHIPPED:
        for text in (TAPES / f"{name}.jsonl").read_text().splitlines():
            line = json.loads(text)
            if line["resource"] == resource and line["type"] in {"ADDED", "MODIFIED"}:
                metadata = line["object"]["metadata"]
                found[metadata["uid"], metadata["resourceVersion"]] = line["object"]
    return found


def test_conversion_is_what_a_real_server_does() -> None:
    core, group = recorded("v1/events"), recorded("events.k8s.io/v1/events")
    assert len(core.keys() & group.keys()) > 300
    for key in core.keys() & group.keys():
        assert to_group_version(core[key]) | {"apiVersion": "events.k8s.io/v1"} == group[key]
        assert to_core_version(group[key]) == core[key]


@pytest.fixture
def kubernetes_event(cluster: PracticeCluster) -> JsonObject:
    content = next(iter(recorded("v1/events").values()))
    put(cluster.store, "v1/events", content)
    return content


async def test_both_versions_show_the_same_object(kubernetes_event: JsonObject, api: Api) -> None:
    core = (await api.ask("/api/v1/events")).json
    group = (await api.ask("/apis/events.k8s.io/v1/events")).json
    assert core["metadata"] == group["metadata"]
    assert core["items"][0]["metadata"] == group["items"][0]["metadata"]
    assert group["items"][0]["note"] == core["items"][0]["message"] == kubernetes_event["message"]
    assert "involvedObject" not in group["items"][0]


async def test_a_watch_of_the_newer_version_sees_converted_objects(
    kubernetes_event: JsonObject, api: Api
) -> None:
    async with api.watch("/apis/events.k8s.io/v1/events?watch=1") as watch:
        shown = (await watch.line())["object"]
    assert shown["apiVersion"] == "events.k8s.io/v1"
    assert shown["regarding"] == kubernetes_event["involvedObject"]


@pytest.mark.parametrize(
    ("path", "field"),
    [("/api/v1/events", "involvedObject"), ("/apis/events.k8s.io/v1/events", "regarding")],
)
async def test_events_are_selected_by_what_they_are_about(
    kubernetes_event: JsonObject, api: Api, path: str, field: str
) -> None:
    name = kubernetes_event["involvedObject"]["name"]
    assert len((await api.ask(f"{path}?fieldSelector={field}.name%3D{name}")).names) == 1
    assert (await api.ask(f"{path}?fieldSelector={field}.name%3Dother")).names == []
    assert len((await api.ask(f"{path}?fieldSelector=type%3DNormal")).names) <= 1
