"""Discovery, in the words of a real kube-apiserver 1.36."""

from practicecluster.cluster import PracticeCluster
from tests.practicecluster.conftest import Api

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
READ_WRITE = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


async def test_version_names_the_release(api: Api) -> None:
    assert (await api.ask("/version")).json["gitVersion"] == "v1.36.2"


async def test_api_names_the_core_version_and_the_server(
    cluster: PracticeCluster, api: Api
) -> None:
    answer = (await api.ask("/api")).json
    assert answer["versions"] == ["v1"]
    address = answer["serverAddressByClientCIDRs"][0]["serverAddress"]
    assert cluster.url.endswith(address)


async def test_groups_come_in_a_real_servers_order(api: Api) -> None:
    groups = (await api.ask("/apis")).json["groups"]
    assert [group["name"] for group in groups[:4]] == [
        "apiregistration.k8s.io",
        "apps",
        "events.k8s.io",
        "authentication.k8s.io",
    ]
    assert groups[1] == {
        "name": "apps",
        "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
        "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
    }


async def test_a_group_can_be_asked_for_by_itself(api: Api) -> None:
    answer = (await api.ask("/apis/apps")).json
    assert (answer["kind"], answer["name"]) == ("APIGroup", "apps")


async def test_resources_have_a_real_servers_entries(api: Api) -> None:
    core = (await api.ask("/api/v1")).json
    assert list(core) == ["kind", "groupVersion", "resources"]
    pods = next(entry for entry in core["resources"] if entry["name"] == "pods")
    assert pods == {
        "name": "pods",
        "singularName": "pod",
        "namespaced": True,
        "kind": "Pod",
        "verbs": READ_WRITE,
        "shortNames": ["po"],
        "categories": ["all"],
        "storageVersionHash": "xPOwRZ+Yhw8=",
    }
    componentstatuses = core["resources"][1]
    assert componentstatuses["verbs"] == ["get", "list"], "a type that can't be watched"
    apps = (await api.ask("/apis/apps/v1")).json
    assert {"name": "deployments/status", "singularName": ""}.items() <= next(
        entry for entry in apps["resources"] if entry["name"] == "deployments/status"
    ).items()


async def test_aggregated_discovery_tells_all_in_one_answer(api: Api) -> None:
    answer = await api.ask("/apis", headers={"Accept": f"{AGGREGATED},application/json"})
    assert answer.headers["Content-Type"] == AGGREGATED
    groups = {item["metadata"]["name"]: item for item in answer.json["items"]}
    deployments = groups["apps"]["versions"][0]["resources"][2]
    assert deployments == {
        "resource": "deployments",
        "responseKind": {"group": "", "version": "", "kind": "Deployment"},
        "scope": "Namespaced",
        "singularResource": "deployment",
        "verbs": READ_WRITE,
        "shortNames": ["deploy"],
        "categories": ["all"],
        "subresources": [
            {
                "subresource": "scale",
                "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                "verbs": ["get", "patch", "update"],
            },
            {
                "subresource": "status",
                "responseKind": {"group": "", "version": "", "kind": "Deployment"},
                "verbs": ["get", "patch", "update"],
            },
        ],
    }
    core = (await api.ask("/api", headers={"Accept": AGGREGATED})).json["items"]
    assert [item["metadata"] for item in core] == [{}]


async def test_a_client_that_prefers_the_plain_form_gets_it(api: Api) -> None:
    answer = await api.ask("/apis", headers={"Accept": f"application/json,{AGGREGATED}"})
    assert answer.json["kind"] == "APIGroupList"


async def test_secrets_are_a_type_that_holds_nothing(api: Api) -> None:
    answer = await api.ask("/api/v1/secrets")
    assert (answer.status, answer.json["kind"], answer.names) == (200, "SecretList", [])
