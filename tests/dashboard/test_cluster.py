"""The cluster as a whole and one object of it, as the server draws them from real recordings."""

import json
import re
import time
from html import unescape

import pytest
from django.test import Client

from dashboard.pages import cluster
from eventstream import history
from eventstream.objects.images import Image, Metadata, OwnerReference
from eventstream.objects.observations import Change, Coverage
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape

pytestmark = pytest.mark.django_db

CONFIGS = Resource("", "v1", "configmaps", "ConfigMap")


def body(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return b"".join(answer).decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def a_pod() -> str:
    return history.pods()[0].uid


def put(*images: Image) -> None:
    batch = Batch()
    for image in images:
        batch.add(Change(CONFIGS, "ADDED", image, time.time()), ())
    commit(batch, time.time())


def config(uid: str, name: str = "a", owner: str = "") -> Image:
    owners = (OwnerReference("v1", "ConfigMap", name, owner, controller=True),) if owner else ()
    metadata = Metadata(name=name, namespace="shop", uid=uid, owner_references=owners)
    return Image("v1", "ConfigMap", metadata)


def test_the_cluster_counts_pods_nodes_and_kinds(client: Client) -> None:
    store_tape("scale")
    shown = words(body(client, "/cluster"))
    assert "1 Pod on" in shown
    assert "ready 1" in shown
    assert "node-1" in shown
    assert re.search(r"Deployment 1 .*Pod 1 .*ReplicaSet 1", shown)


def test_what_is_stuck_stands_on_the_cluster_page_with_its_code(client: Client) -> None:
    scenes.store(scenes.stuck(time.time() - 31), scenes.nginx(time.time() - 60))
    html = body(client, "/cluster")
    assert 'id="trace-bad"' in html
    assert 'id="trace-nginx"' not in html
    assert "image-not-found 1" in words(html)


def test_a_diagnosis_leads_to_the_traces_that_have_it(client: Client) -> None:
    scenes.store(scenes.stuck(time.time() - 31), scenes.nginx(time.time() - 60))
    found = re.search(
        r'href="(/search\?[^"]*)"[^>]*>\s*<span class="diagnosis">image-not-found<',
        body(client, "/cluster"),
    )
    assert found
    html = body(client, unescape(found[1]))
    assert "/traces/bad" in html
    assert "/traces/nginx" not in html


def test_what_is_stuck_for_longest_is_shown_first_whatever_changed_last(client: Client) -> None:
    now = time.time()
    most = cluster.TROUBLES_MOST + 3
    scenes.store(*(scenes.stuck(now - 100 * number, f"bad-{number}") for number in range(1, most)))
    html = body(client, "/cluster")
    shown = re.findall(r'id="trace-bad-(\d+)"', html)
    assert shown == [str(number) for number in range(most - 1, 2, -1)]
    assert "The longest first, 12 of 14." in words(html)
    assert "image-not-found 14" in words(html)


def test_only_what_was_looked_at_is_said_to_be_the_longest(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "TRACES_MOST", 2)
    monkeypatch.setattr(cluster, "TROUBLES_MOST", 1)
    now = time.time()
    scenes.store(*(scenes.stuck(now - 100 * number, f"bad-{number}") for number in range(1, 4)))
    told = words(body(client, "/cluster"))
    assert "The longest of the 2 that changed last. More are stalled:" in told


def test_nothing_is_called_well_that_nobody_watches(client: Client) -> None:
    told = words(body(client, "/cluster"))
    assert told.count("Not known: the cluster is not being watched.") == 2
    assert "Nobody wrote anything" not in told


def test_nothing_is_called_well_but_as_far_as_it_is_watched(client: Client) -> None:
    scenes.connected()
    well = "nothing takes longer than it usually does here."
    assert f"Nothing is stuck, and {well}" in words(body(client, "/cluster"))
    scenes.connected(Coverage(scenes.PODS, "listing", time.time()))
    told = words(body(client, "/cluster"))
    assert f"As far as Baton sees just now, nothing is stuck, and {well}" in told


def test_an_empty_cluster_says_so_everywhere(client: Client) -> None:
    scenes.connected()
    shown = words(body(client, "/cluster"))
    for said in (
        "No Pod is known yet",
        "Nothing is stuck",
        "No node was seen",
        "Nobody wrote anything",
        "No object is known yet",
    ):
        assert said in shown


def test_the_map_has_every_pod_with_its_state(client: Client) -> None:
    store_tape("scale")
    told = json.loads(body(client, "/cluster/pods.json"))
    assert told["left"] == 0
    ((uid, namespace, name, node, state),) = told["pods"]
    assert (namespace, node, told["states"][state]) == ("shop", "node-1", "ready")
    assert name in body(client, f"/objects/{uid}")


def test_an_object_tells_its_owners_children_loop_and_writes(client: Client) -> None:
    store_tape("scale")
    pod = a_pod()
    html = body(client, f"/objects/{pod}")
    owners = re.findall(r'<li><a href="/objects/([^"]+)"><bdi>(\w+)/', html)
    assert [kind for _, kind in owners[:2]] == ["deployment", "replicaset"]
    replicaset = words(body(client, f"/objects/{owners[1][0]}"))
    assert re.search(r"Desired replicas 1 Observed (\w+ 1 )*readyReplicas 1", replicaset), (
        replicaset
    )
    assert "by ReplicaSet controller" in replicaset
    deployment = body(client, f"/objects/{owners[0][0]}")
    assert f'href="/objects/{owners[1][0]}"' in deployment
    assert "by kubectl (a name the client chose)" in words(deployment)


def test_a_pod_shows_its_heartbeat(client: Client) -> None:
    store_tape("create")
    shown = words(body(client, f"/objects/{a_pod()}"))
    assert "Heartbeats The kubelet on node-1 renewed its node Lease" in shown


def test_an_object_that_is_gone_is_told_from_its_writes(client: Client) -> None:
    store_tape("self_heal")
    gone = next(
        stored.record.object
        for stored in history.ledger(limit=1000).rows
        if stored.record.change_type == "DELETED" and stored.record.object.kind == "Pod"
    )
    shown = words(body(client, f"/objects/{gone.uid}"))
    assert "gone, or not watched any more" in shown
    assert f"removed Pod {gone.name}" in shown


def test_an_unknown_object_is_not_found(client: Client) -> None:
    assert "No such object" in body(client, "/objects/nobody", 404)


def test_owners_in_a_circle_end(client: Client) -> None:
    put(config("one", "a", "two"), config("two", "b", "one"))
    assert "configmap/b" in body(client, "/objects/one")


def test_the_text_of_an_object_holds_no_digest_of_ours(client: Client) -> None:
    store_tape("create")
    assert "x-baton-digest" not in body(client, f"/objects/{a_pod()}")


def test_the_text_of_a_custom_resource_holds_only_what_the_api_has(client: Client) -> None:
    store_tape("operator", lines=100)
    [site] = [
        stored.record.object.uid
        for stored in history.ledger(limit=1000).rows
        if stored.record.object.kind == "Website" and stored.record.change_type == "ADDED"
    ]
    text = body(client, f"/objects/{site}")
    assert "readyReplicas" in text
    assert "x-baton" not in text


def test_hostile_names_are_text_on_all_of_these_pages(client: Client) -> None:
    put(config("evil", '<img src=x onerror="alert(1)">\u202e', "evil-owner"))
    scenes.store(scenes.hostile(time.time()))
    for path in ("/objects/evil", "/cluster", "/changes", "/changes.csv"):
        html = body(client, path)
        assert "\u202e" not in html
        if not path.endswith("csv"):
            assert "<img" not in html
            assert "<script>" not in html.replace('<script src="', "")


def test_any_number_of_namespaces_is_a_page_of_them_a_count_and_a_search(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PLACES_MOST", 20)
    put(*(placed(f"team-{number:03d}") for number in range(90)), placed("odd"))
    found, path = [], "/cluster"
    while path:
        html = body(client, path)
        shown = re.findall(r'id="place-([^"]+)"', html)
        assert len(shown) <= 20
        found.extend(shown)
        more = re.search(r'href="(\?[^"]*after=[^"]+)#places"', html)
        path = f"/cluster{more[1]}" if more else ""
    assert found == ["odd", *(f"team-{number:03d}" for number in range(90))]
    assert "search 91 namespaces" in body(client, "/cluster")
    searched = body(client, "/cluster?text=team-07")
    assert re.findall(r'id="place-([^"]+)"', searched) == [f"team-07{n}" for n in range(10)]
    assert "No namespace has this in its name" in body(client, "/cluster?text=nowhere")


def placed(namespace: str) -> Image:
    metadata = Metadata(name="settings", namespace=namespace, uid=f"uid-{namespace}")
    return Image("v1", "ConfigMap", metadata)


def test_few_namespaces_are_simply_there_and_those_of_traces_too(client: Client) -> None:
    put(placed("shop"))
    scenes.store(scenes.nginx(time.time()))
    html = body(client, "/cluster")
    assert re.findall(r'id="place-([^"]*)"', html) == ["shop", "web"]
    assert "search 2 namespaces" not in html


def test_a_thousand_namespaces_to_filter_by_are_cut_and_said_to_be(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history.status, "CHOICES_MOST", 5)
    monkeypatch.setattr(history, "CHOICES_MOST", 5)
    made = [scenes.ref("Pod", "a", f"team-{number}") for number in range(9)]
    scenes.store(*((scenes.trace(each.namespace or "", each, 100.0), []) for each in made))
    for path in ("/", "/changes", "/?namespace=team-8"):
        html = body(client, path)
        assert "others: search by name" in html
        assert html.count('<option value="team-') == 5 + ("=" in path)
    assert body(client, "/window").count('<option value="team-') == 5
