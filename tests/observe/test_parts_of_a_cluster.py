"""Watchers that share a cluster by namespace, each with a history of its own in one PostgreSQL."""

from pathlib import Path
from typing import Any

from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.test_clusters import (
    ADA,
    answers,
    browser,
    changes,
    kubeconfig_of,
    page,
    signed_in,
)
from tests.postgresql import server

PARTS = {"team-a": "first-of-a", "team-b": "first-of-b"}


def deployment(namespace: str, name: str) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "c:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-of-{name}"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod},
    }


async def test_each_watches_its_namespace_and_one_address_has_the_pages_of_all(
    observe: StartObserve, cluster: PracticeCluster, tmp_path: Path
) -> None:
    server().execute("DROP DATABASE IF EXISTS parts", "CREATE DATABASE parts")
    shared = {
        "DATABASE_URL": server().url("parts"),
        "BATON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    }
    cluster.access.viewers[ADA] = Viewer("ada")
    kubeconfig = ("--kubeconfig", kubeconfig_of({"practice": cluster}, tmp_path / "kubeconfig"))
    named = [argument for part in PARTS for argument in ("--cluster", f"{part}=practice")]
    front = await observe(
        *(*kubeconfig, *named, "--role", "web"),
        data=tmp_path / "front",
        **shared,
        BATON_SIGN_IN="token",
    )
    for part in PARTS:
        await observe(
            *(*kubeconfig, "--context", "practice", "--role", "watcher", "--namespace", part),
            data=tmp_path / part,
            **shared,
            BATON_CLUSTER=part,
        )
    url, deployments = await front.url(), cluster.store.types.find("apps/v1/deployments")
    assert deployments is not None
    for part, name in PARTS.items():
        await answers(f"{url}/clusters/{part}/readyz", 200)
        cluster.store.put(deployments, deployment(part, name))
    async with browser(url) as session:
        for part, name in PARTS.items():
            address = f"{url}/clusters/{part}"
            await signed_in(session, address, ADA)
            await changes(session, address, name)
        for part, other in zip(PARTS, reversed(PARTS.values()), strict=True):
            _, shown = await page(session, f"{url}/clusters/{part}/changes")
            assert other not in shown
