"""The namespace controller since Kubernetes 1.33: Pods go first, the rest in no fixed order.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
"""

from collections import Counter

from practicecluster.controllers.actors import condition, leaving
from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.kinds import KINDS, LEARNT
from practicecluster.controllers.namespaces import Namespaces
from practicecluster.copying import copied
from practicecluster.writing.times import stamp

_GRACE, _AGAIN = 5.0, 5.0
"""Seconds in which others hear of a namespace's end, and after which what is left is looked at."""
_CONDITIONS = {
    "NamespaceDeletionDiscoveryFailure": (
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": (
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
}


def _resource(kind: str) -> str:
    known = (KINDS | LEARNT)[kind]
    group = known.api_version.rpartition("/")[0]
    return f"{known.plural}.{group}"


def _remaining(left: dict[str, list[Json]]) -> dict[str, tuple[str, str]]:
    """Reason and message of each condition that says what is left, by resource and finalizer.

    Source: pkg/controller/namespace/deletion/status_condition_utils.go, ProcessContentTotals.
    """
    found: dict[str, tuple[str, str]] = {}
    if left:
        text = ", ".join(
            f"{name} has {len(left[name])} resource instances" for name in sorted(left)
        )
        text = f"Some resources are remaining: {text}"
        found["NamespaceContentRemaining"] = ("SomeResourcesRemain", text)
    held = Counter(
        finalizer
        for things in left.values()
        for thing in things
        for finalizer in thing["metadata"].get("finalizers") or ()
    )
    if held:
        text = ", ".join(f"{name} in {held[name]} resource instances" for name in sorted(held))
        text = f"Some content in the namespace has finalizers remaining: {text}"
        found["NamespaceFinalizersRemaining"] = ("SomeFinalizersRemain", text)
    return found


class OrderedNamespaces(Namespaces):
    """Says in the namespace's conditions how far it is."""

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A namespace that is to go is looked at a little later; definitions are learnt."""
        if kind != "Namespace":
            super().seen(kind, type_, before, thing)
        elif leaving(thing) and (before is None or not leaving(before)):
            self.enqueue(thing["metadata"]["uid"], _GRACE)

    def reconcile(self, key: str) -> Work:
        """One attempt for one namespace."""
        space = self.known("Namespace", key)
        if space is None or not leaving(space):
            return
        name = space["metadata"]["name"]
        left: dict[str, list[Json]] = {}
        yield from self._empty("Pod", name, left)
        if not left:
            every = (KINDS | LEARNT).items()
            kinds = [kind for kind, known in every if known.namespaced and kind != "Pod"]
            self.clock.random.shuffle(kinds)
            for kind in kinds:
                yield from self._empty(kind, name, left)
        if left:
            yield from self._say(name, left)
            self.enqueue(key, _AGAIN * self.clock.between(0.9, 1.1))
            return
        yield self.clock.between(0.001, 0.01)
        self.server.finalize(self.who, name)

    def _empty(self, kind: str, space: str, left: dict[str, list[Json]]) -> Work:
        if not (yield from self.server.delete_all(self.who, kind, space)):
            return
        yield self.clock.between(0.001, 0.01)
        there = [t for t in self.server.every(kind) if t["metadata"]["namespace"] == space]
        if there:
            left[_resource(kind)] = there

    def _say(self, name: str, left: dict[str, list[Json]]) -> Work:
        live = self.server.find("Namespace", "", name)
        if live is None:
            return
        after: Json = copied(live)
        remaining = _remaining(left)
        for type_, good in _CONDITIONS.items():
            told = remaining.get(type_, good)
            value = "True" if type_ in remaining else "False"
            old = condition(live, type_)
            kept = old is not None and old["status"] == value
            moved = old["lastTransitionTime"] if kept and old else stamp(self.clock.now)
            said = {"type": type_, "status": value, "reason": told[0], "message": told[1]}
            put(after["status"], said | {"lastTransitionTime": moved})
        if after["status"] != live["status"]:
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")
