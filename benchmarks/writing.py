"""A practice cluster in this process, whose Deployments' statuses change at a given rate."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from practicecluster.access import Viewer
from practicecluster.builtin_types import builtin_types
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig

DEPLOYMENTS = 20
"""The writes are spread over so many, as over those of a cluster."""

T = TypeVar("T")
(_TYPE,) = (each for each in builtin_types() if each.group_resource == "deployments.apps")


class Writing:
    """The cluster, in a thread of its own for as long as the block lasts."""

    def __init__(
        self,
        kubeconfig: Path,
        namespaces: Sequence[str] = ("default",),
        people: Mapping[str, Viewer] = MappingProxyType({}),
    ) -> None:
        self._kubeconfig = kubeconfig
        self._namespaces = namespaces
        self._people = people
        self._loop = asyncio.new_event_loop()
        self._served = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])

    def __enter__(self) -> Self:
        self._thread.start()
        self._served.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()

    def create(self) -> None:
        """Create the Deployments, of which `title` is the first one's."""
        self._run(self._create())

    def write(self, rate: int, seconds: int) -> dict[tuple[str, int], float]:
        """Report `rate` statuses a second, in turn of each Deployment.

        Returns when a Deployment had so many replicas: unix seconds by its name and their number.
        """
        return self._run(self._write(rate, seconds))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self) -> None:
        async with PracticeCluster() as self._cluster:
            self._cluster.access.viewers.update(self._people)
            write_kubeconfig(self._cluster.kubeconfig(), self._kubeconfig)
            self._served.set()
            await self._over.wait()

    async def _create(self) -> None:
        for number in range(DEPLOYMENTS):
            self._put(number, 0)

    async def _write(self, rate: int, seconds: int) -> dict[tuple[str, int], float]:
        written: dict[tuple[str, int], float] = {}
        began = time.monotonic()
        for turn in range(rate * seconds):
            await asyncio.sleep(max(0.0, began + turn / rate - time.monotonic()))
            replicas, number = divmod(turn, DEPLOYMENTS)
            self._put(number, replicas + 1)
            written[_name(number), replicas + 1] = time.time()
        return written

    def _put(self, number: int, replicas: int) -> None:
        namespace = self._namespaces[number % len(self._namespaces)]
        self._cluster.store.put(_TYPE, _deployment(_name(number), namespace, replicas))


def _name(number: int) -> str:
    return f"written-{number:02d}"


def _deployment(name: str, namespace: str, replicas: int) -> dict[str, Any]:
    client = _entry("kubectl-create", {"f:spec": {"f:replicas": {}}})
    controller = _entry("kube-controller-manager", {"f:status": {"f:replicas": {}}})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "generation": 1,
            "managedFields": [client, controller | {"subresource": "status"}][: 1 + bool(replicas)],
        },
        "spec": {"replicas": 1000},
        "status": {"replicas": replicas} if replicas else {},
    }


def _entry(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    known = {"operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1"}
    return known | {"manager": manager, "fieldsV1": fields, "time": "2026-01-01T00:00:00Z"}
