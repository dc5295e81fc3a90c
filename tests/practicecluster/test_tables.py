"""Tables: the rows that kubectl prints, compared with a real server's and kubectl's source."""

from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.durations import age, duration
from practicecluster.player import Player
from practicecluster.printers import PRINTERS
from practicecluster.resources import PrinterColumn, ResourceType
from practicecluster.tables import printer_of
from tests.practicecluster.conftest import Api
from tests.practicecluster.objects import (
    CRDS,
    PODS,
    WEBSITES,
    delete,
    pod,
    put,
    website,
    website_crd,
)
from tests.practicecluster.tapes import shipped

TABLE = {
    "Accept": (
        "application/json;as=Table;v=v1;g=meta.k8s.io,"
        "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
    )
}
NOW = 1795392457.0  # 2026-11-23T00:07:37Z


@pytest.fixture
async def played(cluster: PracticeCluster) -> PracticeCluster:
    player = Player(cluster.store, shipped("create"), speed=float("inf"))
    player.prepare()
    await player.play()
    return cluster


def names(table: dict[str, Any], priority: int = 0) -> list[str]:
    return [one["name"] for one in table["columnDefinitions"] if one["priority"] <= priority]


async def test_a_list_of_deployments_has_a_real_servers_columns(
    played: PracticeCluster, api: Api
) -> None:
    path = "/apis/apps/v1/namespaces/shop/deployments"
    table = (await api.ask(path, headers=TABLE)).json
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert names(table) == ["Name", "Ready", "Up-to-date", "Available", "Age"]
    assert names(table, 1)[5:] == ["Containers", "Images", "Selector"]
    name, ready, updated, available, _, *wide = table["rows"][0]["cells"]
    assert (name, ready, updated, available) == ("nginx", "3/3", 3, 3)
    assert wide == ["nginx", "bitnami/nginx:latest", "app=nginx"]
    shown = table["rows"][0]["object"]
    assert (shown["kind"], shown["metadata"]["name"]) == ("PartialObjectMetadata", "nginx")


@pytest.mark.parametrize(
    ("path", "columns", "cells"),
    [
        ("apis/apps/v1/replicasets", ["Name", "Desired", "Current", "Ready", "Age"], [3, 3, 3]),
        ("api/v1/pods", ["Name", "Ready", "Status", "Restarts", "Age"], ["1/1", "Running", "0"]),
        ("api/v1/nodes", ["Name", "Status", "Roles", "Age", "Version"], ["Ready", "<none>"]),
        ("api/v1/namespaces", ["Name", "Status", "Age"], ["Active"]),
        ("apis/coordination.k8s.io/v1/leases", ["Name", "Age"], []),
    ],
)
async def test_each_type_has_its_columns(
    played: PracticeCluster, api: Api, path: str, columns: list[str], cells: list[object]
) -> None:
    table = (await api.ask(f"/{path}", headers=TABLE)).json
    assert names(table) == columns
    assert table["rows"][0]["cells"][1 : 1 + len(cells)] == cells


@pytest.mark.parametrize("path", ["/api/v1/events", "/apis/events.k8s.io/v1/events"])
async def test_events_are_printed_alike_in_both_versions(
    played: PracticeCluster, api: Api, path: str
) -> None:
    table = (await api.ask(path, headers=TABLE)).json
    assert names(table) == ["Last Seen", "Type", "Reason", "Object", "Message"]
    rows = {row["cells"][2]: row["cells"] for row in table["rows"]}
    assert rows["Scheduled"][3].startswith("pod/nginx-")
    assert rows["Scheduled"][5] == "default-scheduler, default-scheduler-vm"
    assert rows["ScalingReplicaSet"][6] == "Scaled up replica set nginx-754449dc84 from 0 to 3"


async def test_one_object_and_what_is_included_can_be_asked_for(
    played: PracticeCluster, api: Api
) -> None:
    path = "/apis/apps/v1/namespaces/shop/deployments/nginx"
    table = (await api.ask(path, headers=TABLE)).json
    assert len(table["rows"]) == 1
    whole = (await api.ask(f"{path}?includeObject=Object", headers=TABLE)).json
    assert whole["rows"][0]["object"]["spec"]["replicas"] == 3
    none = (await api.ask(f"{path}?includeObject=None", headers=TABLE)).json
    assert "object" not in none["rows"][0]


async def test_a_watch_names_its_columns_once(cluster: PracticeCluster, api: Api) -> None:
    path = "/api/v1/pods?watch=1&allowWatchBookmarks=true"
    async with api.watch(path, headers=TABLE) as watch:
        assert (await watch.line())["object"]["rows"] == [], "the bookmark has no row"
        put(cluster.store, PODS, pod("a"))
        delete(cluster.store, PODS, pod("a"))
        first, second = await watch.line(), await watch.line()
    assert (first["type"], second["type"]) == ("ADDED", "DELETED")
    assert names(first["object"])[0] == "Name"
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["rows"][0]["cells"][0] == "a"


async def test_custom_objects_have_the_columns_of_their_crd(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    put(cluster.store, WEBSITES, website("front", 2))
    table = (await api.ask("/apis/stable.example.com/v1/websites", headers=TABLE)).json
    assert names(table) == ["Name", "Replicas"]
    assert table["rows"][0]["cells"] == ["front", 2]


def test_a_date_column_of_a_crd_is_an_age() -> None:
    columns = (
        PrinterColumn("Born", "date", ".metadata.creationTimestamp"),
        PrinterColumn("Absent", "string", ".status.nothing.here"),
    )
    custom = ResourceType("g", "v1", "things", "Thing", custom=True, columns=columns)
    thing = {"metadata": {"name": "x", "creationTimestamp": "2026-11-23T00:07:07Z"}}
    assert printer_of(custom).cells(thing, NOW) == ["x", "30s", None]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-0.5, "0s"),
        (119, "119s"),
        (120, "2m"),
        (136, "2m16s"),
        (600, "10m"),
        (10_799, "179m"),
        (10_800, "3h"),
        (11_100, "3h5m"),
        (28_800, "8h"),
        (172_800, "2d"),
        (176_400, "2d1h"),
        (691_200, "8d"),
        (63_072_000, "2y"),
        (63_158_400, "2y1d"),
        (252_288_000, "8y"),
    ],
)
def test_ages_are_written_as_kubectl_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_unknown_time_has_no_age() -> None:
    assert age(None, NOW) == "<unknown>"


RUNNING = {"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}
CRASHED = {
    "name": "c",
    "restartCount": 2,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"finishedAt": "2026-11-23T00:07:30Z"}},
}
DONE = {"name": "c", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
GATED = [{"type": "PodScheduled", "reason": "SchedulingGated", "status": "False"}]
READY = [{"type": "Ready", "status": "True"}]


def container_ended(**terminated: object) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "c", "state": {"terminated": terminated}}]}


def initial(state: dict[str, Any]) -> dict[str, Any]:
    return {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": state}]}


@pytest.mark.parametrize(
    ("status", "metadata", "expected"),
    [
        ({"phase": "Pending"}, {}, ("0/1", "Pending", "0")),
        ({"phase": "Pending", "conditions": GATED}, {}, ("0/1", "SchedulingGated", "0")),
        ({"containerStatuses": [RUNNING], "phase": "Running"}, {}, ("1/1", "Running", "0")),
        ({"containerStatuses": [CRASHED]}, {}, ("0/1", "CrashLoopBackOff", "2 (7s ago)")),
        (container_ended(signal=9), {}, ("0/1", "Signal:9", "0")),
        (container_ended(exitCode=3), {}, ("0/1", "ExitCode:3", "0")),
        ({"containerStatuses": [DONE, RUNNING]}, {}, ("1/1", "NotReady", "0")),
        (
            {"containerStatuses": [DONE, RUNNING], "conditions": READY},
            {},
            ("1/1", "Running", "0"),
        ),
        ({"phase": "Failed", "reason": "Evicted"}, {}, ("0/1", "Evicted", "0")),
        ({"phase": "Running"}, {"deletionTimestamp": "x"}, ("0/1", "Terminating", "0")),
        (
            {"phase": "Running", "reason": "NodeLost"},
            {"deletionTimestamp": "x"},
            ("0/1", "Unknown", "0"),
        ),
        (initial({"running": {}}), {}, ("0/1", "Init:0/1", "0")),
        (
            initial({"terminated": {"reason": "Error", "exitCode": 1}}),
            {},
            ("0/1", "Init:Error", "0"),
        ),
        (initial({"terminated": {"exitCode": 0}}), {}, ("0/1", "Pending", "0")),
    ],
)
def test_a_pods_status_is_the_word_that_kubectl_prints(
    status: dict[str, Any], metadata: dict[str, Any], expected: tuple[str, ...]
) -> None:
    content = pod("a")
    content["spec"]["initContainers"] = [{"name": "i"}]
    content["status"] = status
    content["metadata"] |= metadata
    _, *cells = PRINTERS["pods"].cells(content, NOW)
    assert tuple(cells[:3]) == expected
    assert cells[3] == "0s"
