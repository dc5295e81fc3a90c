"""What is known of the cluster as a whole, and what is looked up by name instead of by uid.

Each piece of knowledge has a key, under which the writes are remembered whose decision rests on
it. It only ever becomes known, so that the order in which streams arrive does not matter.

What shows that a node is being drained, the evictions of its Pods, is kept here as well.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Evidence, ObjectRef, type_name
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import asker
from eventstream.explain.world.writes import ObjectLog, Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import BUILT_IN_GROUPS, is_built_in
from eventstream.objects.managed_fields import paths, status_writers
from eventstream.objects.observations import AuditRecord, Change
from eventstream.objects.resource import Resource

CONTROLLERS_KEPT = 2000
"""Names of managers that are remembered as custom controllers, alone and with a kind."""
NAMESPACES_KEPT = 20000
"""Namespaces of which the latest creation is remembered."""
_LIVES = "lives/"
_ASKED_FOR = frozenset({"Namespace", "CustomResourceDefinition", "Node", "Event"})
"""Kinds of which it is asked whether they are shown: their silence says something then."""


class Known:
    """Managers that are custom controllers, cluster-wide kinds that are shown, live namespaces."""

    def __init__(self) -> None:
        self._controllers: set[tuple[str, str]] = set()
        self._reported: set[tuple[str, str]] = set()
        self._last: dict[tuple[str, str, str | None], int] = {}
        self._served: dict[str, tuple[int, str]] = {}
        self._shown: set[str] = set()
        self._created: dict[str, int] = {}

    def is_controller(self, manager: str, kind: str = "") -> bool:
        """Whether a manager of this name looks after some custom resource; if given, of a kind."""
        return (manager, kind) in self._controllers

    def looks_after(self, group: str, kind: str = "") -> bool:
        """Whether somebody reported on an object of this API group; if given, of this kind."""
        return (group, kind) in self._reported

    def reported_since(self, group: str, kind: str, namespace: str | None, order: int) -> bool:
        """Whether a status of this kind in the namespace became another one above `order`."""
        return self._last.get((group, kind, namespace), -1) > order

    def server_since(self, uid: str, order: int) -> str:
        """Who acted on something else for an object above `order`, by name; empty for nobody."""
        at, name = self._served.get(uid, (-1, ""))
        return name if at > order else ""

    def served(self, write: Write, verdict: Verdict) -> None:
        """Note that a custom controller answered another object by a write; the oldest go."""
        cause = verdict.causes[0].log if verdict.causes else write.log
        if cause is write.log or not verdict.actor_name:
            return
        at = self._served.pop(cause.uid, (-1, ""))
        if len(self._served) >= CONTROLLERS_KEPT:
            del self._served[next(iter(self._served))]
        self._served[cause.uid] = max(at, (write.order, verdict.actor_name))

    def is_shown(self, kind: str) -> bool:
        """Whether one of the kinds that are asked for may be listed by this reader."""
        return kind in self._shown

    def lived(self, namespace: str, order: int) -> bool:
        """Whether something was created in a namespace above `order`: it was not being deleted.

        Source:
        https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle
        """
        return self._created.get(namespace, -1) > order

    def shown(self, kind: str) -> list[str]:
        """Learn that a kind is listed; returns the key of what that made known, if anything."""
        if kind not in _ASKED_FOR or kind in self._shown:
            return []
        self._shown.add(kind)
        return [kind_key(kind)]

    def learn(self, change: Change, order: int) -> list[str]:
        """Learn from one version of an object; returns the keys of what it made known."""
        resource = change.resource
        keys = self.shown(resource.kind) if resource.kind in _ASKED_FOR else []
        namespace = change.after.metadata.namespace
        if change.type == "ADDED" and namespace and order > self._created.get(namespace, -1):
            if namespace not in self._created and len(self._created) >= NAMESPACES_KEPT:
                del self._created[next(iter(self._created))]
            self._created[namespace] = order
            keys.append(namespace_key(namespace))
        if resource.group not in BUILT_IN_GROUPS:
            writers = status_writers(change.after)
            if (writers or change.after.status) and len(self._reported) < CONTROLLERS_KEPT:
                self._reported |= {(resource.group, ""), (resource.group, resource.kind)}
            self._note(change, order)
            keys.extend(self._prove(resource.kind, writers) if writers else ())
        elif change.type == "ADDED" and change.after.metadata.owner_references:
            for owner in change.after.metadata.owner_references:
                if not is_built_in(owner.api_version):
                    keys.extend(self._prove(owner.kind, makers(change.after)))
        return keys

    def _note(self, change: Change, order: int) -> None:
        """Note the newest change of a status, by kind and namespace; the oldest go."""
        before, after = change.before, change.after
        if before is None or before.status == after.status:
            return
        place = change.resource.group, change.resource.kind, after.metadata.namespace
        newest = max(order, self._last.pop(place, -1))
        if len(self._last) >= CONTROLLERS_KEPT:
            del self._last[next(iter(self._last))]
        self._last[place] = newest

    def _prove(self, kind: str, managers: set[str]) -> list[str]:
        """Learn who looks after a kind: writes the status of such, or makes what they own."""
        found = {(manager, of) for manager in managers for of in ("", kind)}
        found -= self._controllers
        if not found or len(self._controllers) > CONTROLLERS_KEPT:
            return []
        self._controllers |= found
        return [manager_key(*each) for each in found]


_BY_API = "EvictionByEvictionAPI"
_NODES, _PODS = 1000, 1000
"""How many nodes are remembered for their evictions, and how many Pods of each; the oldest go."""

_TOO_MANY_REQUESTS = 429


class Eviction(msgspec.Struct, frozen=True, gc=False):
    """One eviction that was asked for, at `at` (unix seconds), and what tells of it."""

    at: float
    refused: bool
    evidence: Evidence


class Evictions:
    """The newest eviction of each Pod, by node.

    The Pods themselves are forgotten soon after they are gone, while a drain that a budget holds
    may take hours. A refused eviction is known from the audit log alone.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Eviction]] = {}

    def note(self, write: Write) -> None:
        """Take in a Pod whose condition DisruptionTarget says that the eviction API was used."""
        found = condition(write.image, "DisruptionTarget")
        if found is None or found.status != "True" or found.reason != _BY_API:
            return
        pod = write.image.metadata.name
        text = f"condition DisruptionTarget of Pod {pod} is True ({found.reason})"
        proof = Evidence("reported", "condition", text, "why", write.image.version)
        self._keep(node_of(write.image), write.log.uid, Eviction(write.change.at, False, proof))

    def refuse(self, record: AuditRecord, log: ObjectLog) -> None:
        """Take in a request to evict that was refused, as a budget's are.

        Source: pkg/registry/core/pod/storage/eviction.go (TooManyRequests).
        """
        if record.subresource != "eviction" or record.code != _TOO_MANY_REQUESTS:
            return
        if log.latest is None:
            return
        said = f": {record.message}" if record.message else ""
        text = f"{asker(record)} asked to evict Pod {log.ref.name} and was refused (429){said}"
        proof = Evidence("audited", "audit", text, "why", record.audit_id)
        self._keep(node_of(log.latest.image), log.uid, Eviction(record.at, True, proof))

    def since(self, node: str, at: float) -> dict[str, Eviction]:
        """By the uids of their Pods, the evictions from a node at or after `at` (unix seconds)."""
        known = self._nodes.get(node, {})
        return {uid: eviction for uid, eviction in known.items() if eviction.at >= at}

    def _keep(self, node: str, uid: str, eviction: Eviction) -> None:
        if not node:
            return
        pods = self._nodes.pop(node, {})
        before = pods.pop(uid, None)
        pods[uid] = eviction if before is None or before.at <= eviction.at else before
        self._nodes[node] = pods
        if len(pods) > _PODS:
            del pods[next(iter(pods))]
        if len(self._nodes) > _NODES:
            del self._nodes[next(iter(self._nodes))]


MAKERS = (
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
    "DaemonSet",
    "Job",
)
"""Kinds that have a template of the Pods that they make."""

_SELECTED = frozenset({"Pod", *MAKERS})
"""Kinds that a Service's selector is held against."""


class Places:
    """It `knows` a kind that it has seen, or seen a list of: one that is not known does not exist.

    That is so for certain once all that were there `are_met`, with the first list of the kind.
    """

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._met: set[str] = set()
        self._spaces: dict[str, dict[str, ObjectLog]] = {}

    def add(self, log: ObjectLog) -> None:
        """Take in an object that is seen for the first time."""
        ref = log.ref
        if is_built_in(ref.api_version):
            self._kinds.add(ref.kind)
        if ref.kind in _SELECTED and ref.namespace and is_built_in(ref.api_version):
            self._spaces.setdefault(ref.namespace, {})[log.uid] = log

    def drop(self, log: ObjectLog) -> None:
        """Let go of an object that is forgotten."""
        namespace = log.ref.namespace or ""
        space = self._spaces.get(namespace)
        if space is not None:
            space.pop(log.uid, None)
            if not space:
                del self._spaces[namespace]

    def listed(self, resource: Resource) -> None:
        """Take note that all objects of a resource were met that were there."""
        own = is_built_in(resource.api_version)
        self._met.add(resource.kind if own else type_name(resource.group, resource.kind))

    def are_met(self, kinds_: Iterable[str]) -> bool:
        """Whether all objects of these kinds were met that were there; others with their group."""
        return self._met.issuperset(kinds_)

    def knows(self, kind: str) -> bool:
        """Whether any object of this kind of Kubernetes' own was seen, or that there is none."""
        return kind in self._kinds or kind in self._met

    def inhabitants(self, namespace: str | None) -> Iterable[ObjectLog]:
        """The Pods of a namespace, and what makes Pods there."""
        return self._spaces.get(namespace or "", {}).values()


def resting_on(
    logs: Mapping[str, ObjectLog], keys: Iterable[str], order: float = math.inf
) -> list[Write]:
    """The writes that more knowledge under these keys may decide anew; it came with `order`."""
    found: list[Write] = []
    for key in keys:
        askers = logs[key].askers if key in logs else None
        if not askers:
            continue
        # A namespace that lived by then did so for good, so that these need not be told again.
        lives = key.startswith(_LIVES)
        found.extend(askers.take_below(order) if lives else askers.values())
    return [write for write in found if _open(write)]


def _open(write: Write) -> bool:
    """Whether more knowledge may decide a write anew: nobody was named, or a client only."""
    return write.decision.verdict is None or write.decision.verdict.actor in ("unknown", "client")


def makers(image: Image) -> set[str]:
    """The managers that set an object's references to its owners; people's tools aside."""
    return {
        entry.manager
        for entry in image.metadata.managed_fields
        if not entry.manager.startswith(("kubectl", "kube-"))
        and any(path.startswith("metadata.ownerReferences") for path in paths(entry.fields))
    }


def manager_key(manager: str, kind: str) -> str:
    """The key of whether a manager is a custom controller; if given, of a kind."""
    return f"manager/{kind}/{manager}"


def kind_key(kind: str) -> str:
    """The key of whether a kind is shown."""
    return f"kind/{kind}"


def namespace_key(namespace: str) -> str:
    """The key of whether a namespace lives."""
    return f"{_LIVES}{namespace}"


CUSTOM = "*"
"""Stands for the kind of any custom resource: what is made for one is often called after it."""
AUTOSCALER = kinds.AUTOSCALER.kind


def looked_up(ref: ObjectRef) -> bool:
    """Whether an object may be looked up by its name."""
    return _looked_up(ref.api_version, ref.kind)


@lru_cache(maxsize=2000)
def _looked_up(api_version: str, kind: str) -> bool:
    named = group_kind(api_version, kind) in kinds.REFERRED_TO_BY_NAME
    return named or not is_built_in(api_version)


def name_key(kind: str, namespace: str | None, name: str) -> str:
    """What an object is known by that is referred to by name."""
    return f"{kind}/{namespace or ''}/{name}"


def key_of(log: ObjectLog) -> str:
    """What an object is looked up by: its name; for an autoscaler, that of what it scales."""
    ref, latest = log.ref, log.latest
    if ref.kind == AUTOSCALER and latest is not None:
        target = getattr(latest.image.spec, "scale_target_ref", None)
        name = f"{target.kind} {target.name}" if target is not None else ""
        return name_key(AUTOSCALER, ref.namespace, name)
    kind = ref.kind if is_built_in(ref.api_version) else CUSTOM
    return name_key(kind, ref.namespace, ref.name)
