"""CRDs bring their types when they are Established, and take them along when they go."""

import pytest

from practicecluster.cluster import PracticeCluster
from tests.practicecluster.conftest import Api
from tests.practicecluster.objects import CRDS, WEBSITES, delete, put, website, website_crd

LIST = "/apis/stable.example.com/v1/websites"


async def test_a_crd_serves_its_type_only_once_established(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CRDS, website_crd(established=False))
    assert (await api.ask(LIST)).text == "404 page not found\n"
    put(cluster.store, CRDS, website_crd(established=True))
    answer = await api.ask(LIST)
    assert (answer.status, answer.json["kind"], answer.names) == (200, "WebsiteList", [])
    entries = (await api.ask("/apis/stable.example.com/v1")).json["resources"]
    assert [entry["name"] for entry in entries] == ["websites", "websites/status"]
    assert entries[0]["shortNames"] == ["ws"]
    groups = [group["name"] for group in (await api.ask("/apis")).json["groups"]]
    assert groups[-1] == "stable.example.com"


async def test_custom_objects_bear_their_kind_in_lists(cluster: PracticeCluster, api: Api) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    put(cluster.store, WEBSITES, website("front", 2))
    item = (await api.ask(LIST)).json["items"][0]
    assert (item["kind"], item["apiVersion"]) == ("Website", "stable.example.com/v1")


async def test_deleting_a_crd_ends_watches_and_the_type(cluster: PracticeCluster, api: Api) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    put(cluster.store, WEBSITES, website("front", 2))
    async with api.watch(f"{LIST}?watch=1") as watch:
        await watch.seen(1)
        delete(cluster.store, WEBSITES, website("front", 2))
        delete(cluster.store, CRDS, website_crd(established=True))
        assert await watch.seen(1) == [("DELETED", "front")], "what came before the end"
        assert await watch.end() == b""
    assert (await api.ask(LIST)).status == 404
    assert (await api.ask("/apis/stable.example.com")).status == 404
    put(cluster.store, CRDS, website_crd(established=True))
    assert (await api.ask(LIST)).names == [], "nothing of the old type is left"


async def test_another_write_of_the_crd_does_not_disturb_its_watches(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    async with api.watch(f"{LIST}?watch=1") as watch:
        put(cluster.store, CRDS, website_crd(established=True))
        put(cluster.store, WEBSITES, website("front", 2))
        assert await watch.seen(1) == [("ADDED", "front")]


async def test_all_served_versions_show_the_same_objects(
    cluster: PracticeCluster, api: Api
) -> None:
    crd = website_crd(established=True)
    old, unserved = dict(crd["spec"]["versions"][0]), dict(crd["spec"]["versions"][0])
    old["name"], unserved["name"], unserved["served"] = "v1beta1", "v1alpha1", False
    crd["spec"]["versions"] += [old, unserved]
    put(cluster.store, CRDS, crd)
    put(cluster.store, WEBSITES, website("front", 2))
    beta = (await api.ask(LIST.replace("v1", "v1beta1"))).json["items"][0]
    assert (beta["apiVersion"], beta["metadata"]["name"]) == ("stable.example.com/v1beta1", "front")
    assert (await api.ask(LIST.replace("v1", "v1alpha1"))).status == 404


async def test_a_version_that_a_crd_stops_serving_goes(cluster: PracticeCluster, api: Api) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    crd = website_crd(established=True)
    crd["spec"]["versions"][0]["name"] = "v2"
    async with api.watch(f"{LIST}?watch=1") as watch:
        put(cluster.store, CRDS, crd)
        assert await watch.end() == b""
    assert (await api.ask(LIST)).status == 404
    assert (await api.ask(LIST.replace("v1", "v2"))).status == 200


async def test_a_type_that_is_defined_again_knows_nothing_from_before(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    before = put(cluster.store, WEBSITES, website("front", 2))
    crds = cluster.store.types.find(CRDS)
    assert crds is not None
    cluster.store.delete(crds, website_crd(established=True))
    put(cluster.store, CRDS, website_crd(established=True))
    async with api.watch(f"{LIST}?watch=1&resourceVersion={before}") as watch:
        line = await watch.line()
    assert (line["type"], line["object"]["code"]) == ("ERROR", 410)


@pytest.mark.parametrize("wanted", ["metadata.name", "spec.replicas"])
async def test_custom_types_are_selected_by_name_only(
    cluster: PracticeCluster, api: Api, wanted: str
) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    answer = await api.ask(f"{LIST}?fieldSelector={wanted}%3Dx")
    assert answer.status == (200 if wanted == "metadata.name" else 400)
