"""A history in which names and messages try to be markup, script, other names, or endless.

Filled for a server of its own, so that each view is seen with it in a real browser.
"""

import time

import msgspec

from eventstream.objects.images import FieldsEntry, Image, Metadata
from eventstream.objects.observations import Change
from eventstream.objects.pods import (
    Condition,
    ContainerState,
    ContainerStatus,
    PodSpec,
    PodStatus,
    Waiting,
)
from eventstream.objects.resource import Resource
from tests.dashboard import scenes

MARKUP = '<img src=x onerror="document.title=1">'
LINK = "javascript:alert(7)"
BIDI = "\u202etxt.exe\u2066"
LONG = "x" * 10_000
NAMES = (MARKUP, LINK, "__proto__", BIDI, "constructor", LONG)

PODS = Resource("", "v1", "pods", "Pod")
NODES = Resource("", "v1", "nodes", "Node")


def fill() -> None:
    """Store a hostile trace, one that names each of NAMES, and Pods and nodes called like them."""
    now = time.time()
    seen = [Change(PODS, "ADDED", _pod(name, place), now) for place, name in enumerate(NAMES)]
    seen += [
        Change(NODES, "ADDED", _image("Node", name, f"uid-node-{place}"), now)
        for place, name in enumerate(NAMES)
    ]
    pods = [scenes.ref("Pod", name, MARKUP) for name in NAMES]
    steps = [
        scenes.step(
            "names", number, pod, "kubelet", actor_name=name, node=name, what=name, why=name
        )
        for number, (name, pod) in enumerate(zip(NAMES, pods, strict=True), 1)
    ]
    named = scenes.trace(
        "names", pods[0], now, cause=LONG, waiting_for=BIDI, summary=MARKUP, steps=len(steps)
    )
    scenes.store(scenes.hostile(now), (named, steps), seen=tuple(seen))
    scenes.connected(scenes.forbidden(), name=MARKUP)


def _image(kind: str, name: str, uid: str, namespace: str = "") -> Image:
    return Image("v1", kind, Metadata(name=name, namespace=namespace, uid=uid))


def _pod(name: str, place: int) -> Image:
    waiting = ContainerState(waiting=Waiting(name, name))
    status = PodStatus(
        phase=name,
        conditions=(Condition("Ready", "False", name, name),),
        container_statuses=(ContainerStatus(name, state=waiting),),
    )
    fields = msgspec.Raw(msgspec.json.encode({f"f:{name}-{number}": {} for number in range(6)}))
    entry = FieldsEntry(name, name, name, "2026-11-23T00:08:32Z", "v1", fields)
    metadata = Metadata(
        name=name, namespace=MARKUP, uid=f"uid-pod-{place}", managed_fields=(entry,)
    )
    return Image("v1", "Pod", metadata, PodSpec(node_name=name), status)
