"""`kubectl apply -k` twice changes nothing, and an overlay that is applied away leaves no field."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.applying import Cluster, serving
from tests.deploy.programs import ROOT

BASE = "deploy"
OVERLAYS = sorted(str(each.relative_to(ROOT)) for each in (ROOT / "deploy/overlays").iterdir())


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with serving(tmp_path) as made:
        yield made


@pytest.mark.parametrize("overlay", [BASE, "deploy/monitoring", *OVERLAYS])
def test_what_is_applied_again_is_left_as_it_is(overlay: str, cluster: Cluster) -> None:
    cluster.apply("-k", overlay)
    created = list(cluster.changes)
    told = cluster.apply("-k", overlay)
    assert cluster.changes == created
    assert {line.rpartition(" ")[2] for line in told.splitlines()} == {"unchanged"}


def test_one_applied_over_another_leaves_no_field_of_it_behind(
    cluster: Cluster, tmp_path: Path
) -> None:
    """From each overlay to the next, and back to the base: as if each were the first."""
    for way in (BASE, *OVERLAYS, BASE):
        cluster.apply("-k", way)
        fresh = tmp_path / f"fresh-{way.replace('/', '-')}"
        fresh.mkdir(exist_ok=True)
        with serving(fresh) as other:
            other.apply("-k", way)
            alone, after = other.told(), cluster.told()
        assert {path: after[path] for path in alone} == alone, way


def test_the_server_keeps_no_empty_list_so_that_one_would_be_sent_for_ever(
    cluster: Cluster,
) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "baton", "namespace": "baton"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []},
    }
    text = yaml.safe_dump(policy)
    cluster.apply("-f", "-", input=text)
    assert "configured" in cluster.apply("-f", "-", input=text)
    assert len(cluster.changes) == 2


def test_what_was_patched_in_by_hand_is_left_behind(cluster: Cluster) -> None:
    """So that the test above could fail: this is what an overlay is for."""
    cluster.apply("-k", BASE)
    path = "/apis/apps/v1/namespaces/baton/deployments/baton"
    patch = {"spec": {"template": {"spec": {"securityContext": {"runAsUser": 0}}}}}
    cluster.patch(path, patch, "application/strategic-merge-patch+json")
    cluster.apply("-k", BASE)
    spec = cluster.objects[path]["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsUser"] == 0
