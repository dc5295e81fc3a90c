"""What a practice cluster costs: Pods created and deleted, with all controllers in one process.

Controllers wait by a virtual clock, so what is told is work alone. At most a minute for a thousand
is what people may ask of it.
"""

import argparse
import sys
import time
from collections.abc import Callable

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.clock import PROMPT, VirtualClock
from practicecluster.controllers.memory_api import MemoryApi
from practicecluster.controllers.running import register, staff
from practicecluster.controllers.who import client

MOST_SECONDS = 60.0
_EACH_NODE = 100
_STEP, _PATIENCE = 5.0, 600.0
_LABELS = {"app": "many"}


class Stuck(Exception):  # noqa: N818 - It says what the cluster is.
    """The cluster does not get on."""


def run(pods: int) -> tuple[float, float]:
    """Return the seconds of work that it takes to create Pods, and to delete them again."""
    clock = VirtualClock(1, PROMPT)
    cluster = PracticeCluster(writable=True, now=lambda: clock.now, history=pods * 50)
    api = MemoryApi(cluster.writer, clock)
    nodes = tuple(f"node-{number}" for number in range(pods // _EACH_NODE + 1))
    register(api, nodes)
    for hired in staff(nodes):
        hired(api)
    clock.run(clock.now + _STEP)
    container = {"name": "web", "image": "nginx"}
    template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [container]}}
    spec = {"replicas": pods, "selector": {"matchLabels": _LABELS}, "template": template}
    metadata = {"name": "many", "namespace": "default"}
    wanted = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    person = client("kubectl-create")
    began = time.process_time()
    made = api.create(person, wanted)

    def ready() -> bool:
        found = api.find("Deployment", "default", "many")
        return found is not None and found["status"].get("readyReplicas") == pods

    _until(clock, ready)
    created = time.process_time()
    api.delete(person, made)
    _until(clock, lambda: not api.every("Pod"))
    return created - began, time.process_time() - created


def _until(clock: VirtualClock, done: Callable[[], bool]) -> None:
    deadline = clock.now + _PATIENCE
    while not done():
        if clock.now > deadline:
            raise Stuck(f"not done after {_PATIENCE:.0f} s of its own time")
        clock.run(clock.now + _STEP)


def main() -> int:
    """Print what it took; 1 where that is more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=1_000)
    pods = parser.parse_args().pods
    created, deleted = run(pods)
    print(f"practice: {pods:,} Pods created in {created:.1f} s, deleted in {deleted:.1f} s of work")
    return int(created + deleted > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
