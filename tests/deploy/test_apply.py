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


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_that_is_applied_away_leaves_no_field_behind(
    overlay: str, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.apply("-k", BASE)
    plain = cluster.told()
    cluster.apply("-k", overlay)
    both = cluster.told()
    cluster.apply("-k", BASE)
    after = cluster.told()
    assert {path: after[path] for path in plain} == plain
    (fresh := tmp_path / "fresh").mkdir()
    with serving(fresh) as other:
        other.apply("-k", overlay)
        assert other.told() == {path: both[path] for path in other.told()}


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
