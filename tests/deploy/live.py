"""A cluster to install into: the practice cluster, written to by the real kubectl and helm."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.deploy.programs import run

Json = dict[str, Any]

ADMIN = "kubernetes-admin"
INSTALLED = (
    *("v1/configmaps", "v1/namespaces", "v1/persistentvolumeclaims", "v1/secrets"),
    *("v1/serviceaccounts", "v1/services", "apps/v1/deployments", "networking.k8s.io/v1/ingresses"),
    *("networking.k8s.io/v1/networkpolicies", "rbac.authorization.k8s.io/v1/clusterroles"),
    *("rbac.authorization.k8s.io/v1/clusterrolebindings", "rbac.authorization.k8s.io/v1/roles"),
    *("rbac.authorization.k8s.io/v1/rolebindings", "route.openshift.io/v1/routes"),
    *("monitoring.coreos.com/v1/prometheusrules", "monitoring.coreos.com/v1/servicemonitors"),
    "gateway.networking.k8s.io/v1/httproutes",
)
"""What an installation may be made of."""
OTHERS = {
    "Route": "route.openshift.io",
    "ServiceMonitor": "monitoring.coreos.com",
    "PrometheusRule": "monitoring.coreos.com",
    "HTTPRoute": "gateway.networking.k8s.io",
}
COUNTED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Live:
    """A cluster, and who may do all in it."""

    def __init__(self, cluster: PracticeCluster, directory: Path) -> None:
        self._cluster = cluster
        self._directory = directory
        write_kubeconfig(cluster.kubeconfig(ADMIN), directory / "config")

    async def kubectl(self, *arguments: str, said: str = "") -> str:
        """Run it; fails with what it says."""
        cache = f"--cache-dir={self._directory / 'cache'}"
        return await self._run("kubectl", cache, *arguments, said=said)

    async def apply(self, directory: str) -> str:
        """Run `kubectl apply -k`, as README says."""
        return await self.kubectl("apply", "--validate=false", "-k", directory)

    async def helm(self, *arguments: str, said: str = "") -> str:
        """Run it; fails with what it says."""
        home = {"HELM_CACHE_HOME": str(self._directory / "helm")}
        return await self._run("helm", *arguments, said=said, more=home)

    def objects(self) -> dict[str, Json]:
        """Everything that is installed, without what a server counts and kubectl remembers."""
        found = {}
        for resource in INSTALLED:
            served = self._cluster.store.types.find(resource)
            assert served is not None, resource
            for key, stored in self._cluster.store.cache(served.storage).objects.items():
                found[f"{resource}/{key}"] = _plain(stored.content())
        return {path: each for path, each in found.items() if "sh.helm.release" not in path}

    def versions(self) -> dict[str, int]:
        """The resourceVersion of everything that is installed."""
        found = {}
        for resource in INSTALLED:
            served = self._cluster.store.types.find(resource)
            assert served is not None, resource
            for key, stored in self._cluster.store.cache(served.storage).objects.items():
                found[f"{resource}/{key}"] = stored.revision
        return {path: each for path, each in found.items() if "sh.helm.release" not in path}

    async def _run(
        self, name: str, *arguments: str, said: str, more: dict[str, str] | None = None
    ) -> str:
        config = f"--kubeconfig={self._directory / 'config'}"
        done = await asyncio.to_thread(run, name, config, *arguments, said=said, more=more)
        assert done.returncode == 0, f"{name} {arguments}: {done.stderr}"
        return done.stdout


@asynccontextmanager
async def living(directory: Path) -> AsyncIterator[Live]:
    """A new cluster that has the kinds of OpenShift and of the operators too."""
    directory.mkdir(parents=True, exist_ok=True)
    async with PracticeCluster(writable=True, tls=True) as cluster:
        live = Live(cluster, directory)
        crds = [_crd(kind, group) for kind, group in OTHERS.items()]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": crds})
        await live.kubectl("create", "--validate=false", "-f", "-", said=text)
        for namespace in ("my-team", "shop"):
            await live.kubectl("create", "namespace", namespace)
        yield live


def _crd(kind: str, group: str) -> Json:
    names = {"kind": kind, "singular": kind.lower(), "plural": f"{kind.lower()}s"}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": anything},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _plain(content: Json) -> Json:
    metadata = {k: v for k, v in content["metadata"].items() if k not in COUNTED}
    notes = {k: v for k, v in metadata.pop("annotations", {}).items() if k != APPLIED}
    plain = content | {"metadata": metadata | ({"annotations": notes} if notes else {})}
    if "clusterIP" in plain.get("spec", {}):
        given = {"clusterIP", "clusterIPs"}
        plain["spec"] = {k: v for k, v in plain["spec"].items() if k not in given}
    return plain
