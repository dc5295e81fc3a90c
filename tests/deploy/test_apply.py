"""`kubectl apply -k` twice changes nothing, and what is applied over another leaves none of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deploy.live import Live, living
from tests.deploy.programs import ROOT

BASE = "deploy"
OVERLAYS = sorted(str(each.relative_to(ROOT)) for each in (ROOT / "deploy/overlays").iterdir())


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with living(tmp_path) as made:
        yield made


async def test_what_is_applied_again_is_left_as_it_is(live: Live) -> None:
    for way in (BASE, *OVERLAYS, "deploy/monitoring"):
        await live.apply(way)
        before = live.versions()
        told = await live.apply(way)
        assert {line.rpartition(" ")[2] for line in told.splitlines()} == {"unchanged"}, told
        assert live.versions() == before, way


async def test_one_applied_over_another_leaves_no_field_of_it_behind(
    live: Live, tmp_path: Path
) -> None:
    """From each overlay to the next, and back to the base: as if each were the first."""
    empty = set(live.objects())
    for way in (BASE, *OVERLAYS, BASE):
        await live.apply(way)
        async with living(tmp_path / f"fresh-{way.replace('/', '-')}") as fresh:
            await fresh.apply(way)
            alone, after = fresh.objects(), live.objects()
        own = {path for path in alone if path not in empty}
        assert {path: after[path] for path in own} == {path: alone[path] for path in own}, way


async def test_an_empty_list_would_be_sent_for_ever(live: Live) -> None:
    """So that the tests above could fail: an API server keeps none."""
    await live.apply(BASE)
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "baton", "namespace": "baton"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []},
    }
    for _ in range(2):
        told = await live.kubectl("apply", "--validate=false", "-f", "-", said=json.dumps(policy))
        assert "configured" in told


async def test_what_was_patched_in_by_hand_is_left_behind(live: Live) -> None:
    """So that the tests above could fail: this is what an overlay is for."""
    await live.apply(BASE)
    patch = {"spec": {"template": {"spec": {"securityContext": {"runAsUser": 0}}}}}
    await live.kubectl("-n", "baton", "patch", "deployment/baton", "-p", json.dumps(patch))
    await live.apply(BASE)
    found = live.objects()["apps/v1/deployments/baton/baton"]
    assert found["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 0


async def test_rules_that_the_api_server_adds_up_are_left_alone(live: Live) -> None:
    await live.apply(BASE)
    rule = {"apiGroups": ["example.com"], "resources": ["databases"], "verbs": ["get"]}
    role = "clusterrole/baton-custom-resources"
    patch = json.dumps({"rules": [rule]})
    await live.kubectl("patch", role, "--type=merge", "-p", patch, "--field-manager=aggregation")
    assert f"{role.replace('/', '.rbac.authorization.k8s.io/')} unchanged" in await live.apply(BASE)
    kept = live.objects()["rbac.authorization.k8s.io/v1/clusterroles/baton-custom-resources"]
    assert kept["rules"] == [rule]
