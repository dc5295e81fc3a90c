"""The API server in memory: what it stores, numbers, refuses and tells all watchers.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/registry/generic/registry/store.go
Source: https://github.com/kubernetes/apiserver/blob/master/pkg/registry/rest/delete.go
"""

import json
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Self

from practicecluster.controllers.api import Json, Refused, Tell, WatchType, Written
from practicecluster.controllers.clock import Clock
from practicecluster.controllers.kinds import KINDS
from practicecluster.controllers.who import Who
from practicecluster.copying import copied
from practicecluster.writing.ownership import Managed, Manager, written
from practicecluster.writing.times import stamp
from tests.explain.simulation.fields import applied, updated
from tests.explain.simulation.requests import Asked, Requests

Key = tuple[str, str, str]
"""Kind, namespace ("" of cluster-scoped ones) and name."""


class Server:
    """All objects; each request is answered at once, at the clock's time.

    Kinds in `plain` have no status subresource: an update writes their status too.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.version = 1000
        self.log: list[Written] = []
        self.requests = Requests()
        self.admission: list[Callable[[Json], None]] = []
        self.plain: set[str] = set()
        self._things: dict[Key, Json] = {}
        self._managed: dict[str, Managed] = {}
        self._watchers: list[tuple[Tell, frozenset[str]]] = []
        self._made = 0

    def seen_by(self, who: Who) -> Self:
        """Return itself: it knows from each request who asks."""
        del who
        return self

    def watch(self, tell: Tell, kinds: tuple[str, ...], node: str = "") -> None:
        """Call `tell` for each write of these kinds from now on."""
        del node  # Who watches passes over what is of others.
        self._watchers.append((tell, frozenset(kinds)))

    def find(self, kind: str, space: str, name: str) -> Json | None:
        """The object as it is stored; treat it as frozen."""
        return self._things.get((kind, space if KINDS[kind].namespaced else "", name))

    def every(self, kind: str) -> list[Json]:
        """All objects of a kind."""
        return [thing for key, thing in self._things.items() if key[0] == kind]

    def create(self, who: Who, thing: Json) -> Json:
        """Store a new object; its name is made up where only generateName is given."""
        thing = copied(thing)
        metadata = thing["metadata"]
        verb = "patch" if who.applies else "create"
        asked = Asked(verb, thing["kind"], "", dict(metadata))
        with self._asking(who, asked):
            metadata.setdefault("name", metadata.get("generateName", "") + self._suffix())
            key = _key(thing)
            if key in self._things:
                raise Refused(409, "AlreadyExists", f'{asked.plural} "{key[2]}" already exists')
            for admit in self.admission:
                admit(thing)
            named = metadata.get("namespace", "") if KINDS[thing["kind"]].namespaced else ""
            space = self.find("Namespace", "", named)
            if named and space is None:
                raise Refused(404, "NotFound", f'namespaces "{named}" not found')
            if space is not None and "deletionTimestamp" in space["metadata"]:
                name = space["metadata"]["name"]
                why = f"unable to create new content in {name} because it is being terminated"
                raise Refused(403, "Forbidden", f'{asked.plural} "{key[2]}" is forbidden: {why}')
            self._made += 1
            metadata |= {"uid": f"uid-{self._made:05}", "creationTimestamp": stamp(self.clock.now)}
            if KINDS[thing["kind"]].numbered:
                metadata["generation"] = 1
            by = Manager(who.manager, "Apply" if who.applies else "Update", thing["apiVersion"], "")
            shown = {k: v for k, v in thing.items() if k != "status"}
            if who.applies:
                fields = applied({}, by, {}, shown, shown, self.clock.now)
            else:
                fields = updated({}, by, {}, shown, self.clock.now)
            return self._store("ADDED", thing, fields, who)

    def update(self, who: Who, thing: Json, sub: str = "", verb: str = "update") -> Json:
        """Replace an object, or a part of it by a subresource; 409 where it has moved on."""
        metadata = thing["metadata"]
        asked = Asked(verb, thing["kind"], sub, metadata, metadata.get("resourceVersion", ""))
        with self._asking(who, asked):
            before = self._needed(_key(thing), metadata.get("uid"))
            version = metadata.get("resourceVersion")
            if version and verb == "update" and version != before["metadata"]["resourceVersion"]:
                raise Refused(409, "Conflict", "the object has been modified; try again")
            if thing["kind"] in self.plain and not sub:
                sub = "plain"
            return self._replace(who, before, _allowed(before, thing, sub), sub)

    def patch(self, who: Who, thing: Json, change: Callable[[Json], None], sub: str = "") -> Json:
        """Change the object as it is stored now, whatever version the asker had seen."""
        metadata = {k: v for k, v in thing["metadata"].items() if k in ("name", "namespace")}
        with self._asking(who, Asked("patch", thing["kind"], sub, metadata)):
            before = self._needed(_key(thing), thing["metadata"].get("uid"))
            after = copied(before)
            change(after)
            return self._replace(who, before, _allowed(before, after, sub), sub)

    def apply(self, who: Who, thing: Json) -> Json:
        """Server-side apply, forced: what the manager listed before and now leaves out goes."""
        key = _key(thing)
        if key not in self._things:
            return self.create(who, thing)
        with self._asking(who, Asked("patch", thing["kind"], "", thing["metadata"])):
            before = self._things[key]
            after = _merged(before, thing)
            by = Manager(who.manager, "Apply", thing["apiVersion"], "")
            managed = self._managed[before["metadata"]["uid"]]
            managed = applied(managed, by, before, after, thing, self.clock.now)
            return self._changed(who, before, after, managed)

    def bind(self, who: Who, pod: Json, node: str) -> Json:
        """A scheduler's binding, which no managedFields entry tells of."""
        metadata = pod["metadata"]
        with self._asking(who, Asked("create", "Pod", "binding", metadata)):
            before = self._needed(_key(pod), metadata["uid"])
            if before["spec"].get("nodeName") or before["metadata"].get("deletionTimestamp"):
                raise Refused(409, "Conflict", "pod is already assigned or being deleted")
            after = copied(before)
            after["spec"]["nodeName"] = node
            said = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
            said["lastTransitionTime"] = stamp(self.clock.now)
            others = after["status"].get("conditions", [])
            after["status"]["conditions"] = [c for c in others if c["type"] != "PodScheduled"] + [
                said
            ]
            return self._store("MODIFIED", after, self._managed[metadata["uid"]], who)

    def evict(self, who: Who, pod: Json) -> None:
        """Mark the Pod as disrupted, and delete it for who asked; no field manager is noted.

        Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go
        """
        metadata = {k: v for k, v in pod["metadata"].items() if k in ("name", "namespace")}
        with self._asking(who, Asked("create", "Pod", "eviction", metadata)):
            before = self._needed(_key(pod), pod["metadata"]["uid"])
            if (
                before["status"].get("phase") == "Running"
                and "deletionTimestamp" not in before["metadata"]
            ):
                after = copied(before)
                said: Json = {"type": "DisruptionTarget", "status": "True", "message": _EVICTED}
                said |= {"reason": "EvictionByEvictionAPI", "lastProbeTime": None}
                said["lastTransitionTime"] = stamp(self.clock.now)
                after["status"].setdefault("conditions", []).append(said)
                managed = self._managed[before["metadata"]["uid"]]
                before = self._store("MODIFIED", after, managed, who)
            self._delete(who, before, "Background", None)

    def delete(
        self,
        who: Who,
        thing: Json,
        policy: str = "Background",
        grace: int | None = None,
        sub: str = "",
    ) -> None:
        """Delete at once, or mark: a Pod with its grace period, anything that a finalizer holds."""
        metadata = {k: v for k, v in thing["metadata"].items() if k in ("name", "namespace")}
        verb = "create" if sub else "delete"
        with self._asking(who, Asked(verb, thing["kind"], sub, metadata)):
            before = self._needed(_key(thing), thing["metadata"].get("uid"))
            for admit in self.admission if sub else []:
                admit(before)
            self._delete(who, before, policy, grace)

    def delete_all(self, who: Who, kind: str, space: str) -> Generator[float, None, int]:
        """Delete all of a kind in a namespace, by one request which is logged as one."""
        found = [each for each in self.every(kind) if each["metadata"]["namespace"] == space]
        for each in found:
            yield self.clock.between(0.0005, 0.004)
            with suppress(Refused):  # Gone in the meantime.
                self._delete(
                    who, self._needed(_key(each), each["metadata"]["uid"]), "Background", None
                )
        if found:
            self.requests.collected(who, kind, space, self.clock.now)
        return len(found)

    def _delete(self, who: Who, before: Json, policy: str, grace: int | None) -> None:
        if before["kind"] == "Namespace":
            self._leave(who, before)
            return
        after = copied(before)
        metadata = after["metadata"]
        gone = self._graceful(after, grace) if before["kind"] == "Pod" else True
        finalizers = [f for f in metadata.get("finalizers", ()) if f not in _PROPAGATION]
        if policy in _POLICIES:
            finalizers.append(_POLICIES[policy])
        metadata.pop("finalizers", None)
        if finalizers:
            metadata["finalizers"], gone = finalizers, False
            if "deletionTimestamp" not in metadata:
                self._mark(metadata, 0)
        uid = metadata["uid"]
        if gone and before["kind"] != "Pod":
            after = before  # As it was stored, whatever finalizer of the collector's it still has.
        elif whole(after) != whole(before):
            after = self._store("MODIFIED", after, self._managed[uid], who)
        if gone:
            self._remove(who, after)

    def finalize(self, who: Who, name: str) -> None:
        """Let a namespace go."""
        with self._asking(who, Asked("update", "Namespace", "finalize", {"name": name})):
            self._remove(who, self._needed(("Namespace", "", name), None))

    def _leave(self, who: Who, space: Json) -> None:
        """A namespace is marked, and its phase with it; it has finalizers of its own kind."""
        after = copied(space)
        if "deletionTimestamp" not in after["metadata"]:
            self._mark(after["metadata"], 0)
            after["status"]["phase"] = "Terminating"
            self._store("MODIFIED", after, self._managed[space["metadata"]["uid"]], who)

    def _graceful(self, pod: Json, grace: int | None) -> bool:
        metadata, status = pod["metadata"], pod["status"]
        if "deletionTimestamp" in metadata:
            if grace is None or grace >= metadata["deletionGracePeriodSeconds"]:
                return False  # It is leaving already, and only less time would change that.
            metadata["deletionTimestamp"] = stamp(self.clock.now + grace)
            metadata["deletionGracePeriodSeconds"] = grace
            return grace == 0
        if grace is None:
            grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        if not pod["spec"].get("nodeName") or status.get("phase") in ("Failed", "Succeeded"):
            grace = 0
        self._mark(metadata, grace)
        return grace == 0

    def _mark(self, metadata: Json, grace: int) -> None:
        metadata["deletionTimestamp"] = stamp(self.clock.now + grace)
        metadata["deletionGracePeriodSeconds"] = grace
        if "generation" in metadata:
            metadata["generation"] += 1

    def _replace(self, who: Who, before: Json, after: Json, sub: str) -> Json:
        by = Manager(who.manager, "Update", before["apiVersion"], "" if sub == "plain" else sub)
        managed = self._managed[before["metadata"]["uid"]]
        managed = updated(managed, by, before, after, self.clock.now)
        return self._changed(who, before, after, managed, sub)

    def _changed(
        self, who: Who, before: Json, after: Json, managed: Managed, sub: str = ""
    ) -> Json:
        metadata, uid = after["metadata"], before["metadata"]["uid"]
        if sub != "status" and _counts(before) != _counts(after) and KINDS[after["kind"]].numbered:
            metadata["generation"] = before["metadata"]["generation"] + 1
        paths = {by: owned.paths for by, owned in managed.items()}
        same = paths == {by: owned.paths for by, owned in self._managed[uid].items()}
        if same and whole(before) == whole(after):
            return before
        held = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds")
        if "deletionTimestamp" in metadata and before["metadata"].get("finalizers") and not held:
            self._remove(who, before)
            return before
        return self._store("MODIFIED", after, managed, who)

    def _remove(self, who: Who, last: Json) -> None:
        gone = copied(last)
        del self._things[_key(last)]
        del self._managed[last["metadata"]["uid"]]
        self._tell("DELETED", gone, who)

    def _store(self, type_: WatchType, thing: Json, managed: Managed, who: Who) -> Json:
        thing["metadata"]["managedFields"] = written(managed)
        self._managed[thing["metadata"]["uid"]] = managed
        self._things[_key(thing)] = thing
        return self._tell(type_, thing, who)

    def _tell(self, type_: WatchType, thing: Json, who: Who) -> Json:
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)
        written = Written(self.clock.now, type_, thing["kind"], thing, who)
        self.log.append(written)
        for tell, kinds in self._watchers:
            if written.kind in kinds:
                tell(written)
        return thing

    def _asking(self, who: Who, asked: Asked) -> "_Asking":
        return _Asking(self, who, asked)

    def _needed(self, key: Key, uid: str | None) -> Json:
        found = self._things.get(key)
        if found is None:
            raise Refused(404, "NotFound", f'{KINDS[key[0]].plural} "{key[2]}" not found')
        if uid and found["metadata"]["uid"] != uid:
            raise Refused(409, "Conflict", "the UID in the precondition does not match")
        return found

    def _suffix(self) -> str:
        return "".join(self.clock.random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))


class _Asking:
    """Notes how a request was answered, whatever the answer."""

    def __init__(self, server: Server, who: Who, asked: Asked) -> None:
        self._server, self._who, self._asked = server, who, asked

    def __enter__(self) -> None:
        return None

    def __exit__(self, type_: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, Refused):
            code = (error.code, error.reason, str(error)) if error else None
            self._server.requests.answered(self._who, self._asked, self._server.clock.now, code)


_EVICTED = "Eviction API: evicting"
_OWN = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
)
"""Metadata that is the server's alone."""
_POLICIES = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}
_PROPAGATION = tuple(_POLICIES.values())


def _key(thing: Json) -> Key:
    metadata, kind = thing["metadata"], thing["kind"]
    return kind, metadata.get("namespace", "") if KINDS[kind].namespaced else "", metadata["name"]


def _allowed(before: Json, after: Json, sub: str) -> Json:
    """What a request may change: a status update no spec and no labels, others no status."""
    after = copied(after)
    kept: tuple[str, ...] = ("status",)
    if sub == "status":
        kept = tuple(k for k in before if k not in ("status", "metadata"))
    elif sub == "plain":
        kept = ()
    for part in kept:
        if part in before:
            after[part] = before[part]
        else:
            after.pop(part, None)
    own = _OWN + (("labels", "ownerReferences", "finalizers") if sub == "status" else ())
    for name in own:
        after["metadata"].pop(name, None)
        if name in before["metadata"]:
            after["metadata"][name] = before["metadata"][name]
    return after


def _counts(thing: Json) -> str:
    """What raises the generation: the spec, and of a Deployment its annotations too."""
    parts = {k: v for k, v in thing.items() if k not in ("metadata", "status")}
    if thing["kind"] == "Deployment":
        parts["annotations"] = thing["metadata"].get("annotations")
    return json.dumps(parts, sort_keys=True)


def whole(thing: Json) -> str:
    """An object's content without its bookkeeping."""
    metadata = {
        k: v for k, v in thing["metadata"].items() if k not in ("managedFields", "resourceVersion")
    }
    return json.dumps(thing | {"metadata": metadata}, sort_keys=True)


def _merged(before: Json, over: Json) -> Json:
    after: Json = copied(before)
    for part, value in over.items():
        if isinstance(value, dict) and isinstance(after.get(part), dict):
            after[part] = _merged(after[part], value)
        else:
            after[part] = copied(value)
    return after
