"""What every controller is made of: caches that lag, a queue of keys, and Events that may be lost.

Source: https://github.com/kubernetes/client-go/blob/master/tools/cache/shared_informer.go
Source: https://github.com/kubernetes/client-go/blob/master/tools/record/events_cache.go
"""

import math
from collections.abc import Callable, Iterator

from practicecluster.controllers.api import Api, Json, Refused, Written
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import Who
from practicecluster.writing.times import stamp

_FIRST, _LONGEST = 0.005, 1000.0
"""After how many seconds a key that failed is tried again: twice as many each time.

Source: https://github.com/kubernetes/client-go/blob/master/util/workqueue/default_rate_limiters.go
"""


class Actor:
    """Watches some kinds, each by an informer that lags, and reconciles one key at a time."""

    watches: tuple[str, ...] = ()
    component = ""
    node = ""
    """The only node whose Pods concern it, where there is one."""

    def __init__(self, server: Api, who: Who) -> None:
        self.server, self.who, self.clock = server.seen_by(who), who, server.clock
        self.events = Recorder(self)
        self._cache: dict[str, dict[str, Json]] = {kind: {} for kind in self.watches}
        self._last: dict[str, float] = {}
        self._queue: list[str] = []
        self._failures: dict[str, int] = {}
        self._timers: dict[str, float] = {}
        self._busy = False
        self.server.watch(self._sent, self.watches, self.node)

    def watch_too(self, kind: str) -> None:
        """Watch one more kind from now on."""
        if kind not in self.watches:
            self.watches = (*self.watches, kind)
            self._cache[kind] = {}
            self.server.watch(self._sent, (kind,))

    def cached(self, kind: str) -> list[Json]:
        """The objects of a kind, as this actor knows them."""
        return list(self._cache[kind].values())

    def known(self, kind: str, uid: str) -> Json | None:
        """One object as this actor knows it."""
        return self._cache[kind].get(uid)

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """Take in what the informer delivers: enqueue what is to be looked at."""
        self.enqueue(thing["metadata"]["uid"])

    def concerns(self, written: Written) -> bool:
        """Whether a write is of what this actor watches."""
        others = self.node and written.kind == "Pod"
        return not others or written.thing["spec"].get("nodeName") == self.node

    def reconcile(self, key: str) -> Work:
        """Bring one object to what is desired."""
        yield from ()

    def claim(self, owner: Json, kind: str) -> Work:
        """Adopt what the selector picks and nobody controls; let go of what it does not pick.

        Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/controller_ref_manager.go
        """
        uid = owner["metadata"]["uid"]
        for thing in [] if leaving(owner) else self.cached(kind):
            theirs = controller_of(thing)
            if theirs and theirs != uid:
                continue
            if theirs and not self.selects(owner, thing):
                yield self.clock.between(0.001, 0.006)
                self.server.patch(self.who, thing, lambda now: _release(now, uid))
            elif not theirs and self.selects(owner, thing) and not leaving(thing):
                if not self._lives(owner):
                    continue
                yield self.clock.between(0.001, 0.006)
                self.server.patch(self.who, thing, lambda now: _adopt(now, owner))

    def _lives(self, owner: Json) -> bool:
        """Whether an owner exists and stays, which is asked for anew before it adopts anything."""
        metadata = owner["metadata"]
        live = self.server.find(owner["kind"], metadata["namespace"], metadata["name"])
        return live is not None and live["metadata"]["uid"] == metadata["uid"] and not leaving(live)

    def claimed(self, owner: Json, kind: str) -> list[Json]:
        """What the selector picks and nobody else controls, after a `claim`."""
        uid = owner["metadata"]["uid"]
        return [
            thing
            for thing in self.cached(kind)
            if self.selects(owner, thing)
            and (controller_of(thing) == uid or not (controller_of(thing) or leaving(thing)))
        ]

    def owners(self, kind: str, thing: Json) -> list[str]:
        """The uids of those who may have to look at an object: its controller, else who fits."""
        if theirs := controller_of(thing):
            return [theirs]
        return [o["metadata"]["uid"] for o in self.cached(kind) if self.selects(o, thing)]

    def selects(self, owner: Json, thing: Json) -> bool:
        """Whether an owner's selector picks an object of its namespace."""
        return matches(owner, thing)

    def enqueue(self, key: str, after: float | None = None) -> None:
        """Have a key reconciled, soon or after some seconds."""
        if after is not None:
            due = self.clock.now + after
            if due < self._timers.get(key, math.inf):
                self._timers[key] = due
                self.clock.after(after, lambda: self._elapsed(key, due))
            return
        if key not in self._queue:
            self._queue.append(key)
        if not self._busy:
            self._busy = True
            self.clock.after(self.clock.between(0.0005, 0.004), self._next)

    def _elapsed(self, key: str, due: float) -> None:
        """What was put off is looked at; of several times for one key the earliest counts."""
        if self._timers.get(key) == due:
            del self._timers[key]
            self.enqueue(key)

    def _next(self) -> None:
        if not self._queue:
            self._busy = False
            return
        key = self._queue.pop(0)
        self.clock.start(self._tried(key), self._next)

    def _tried(self, key: str) -> Work:
        try:
            yield from self.reconcile(key)
        except Refused as refusal:
            if refusal.code != 404:
                self._failures[key] = count = self._failures.get(key, 0) + 1
                self.enqueue(key, min(_FIRST * 2.0 ** (count - 1), _LONGEST))
        else:
            self._failures.pop(key, None)
        yield self.clock.between(0.0005, 0.002)

    def made(self, owner: Json, pod: Json, said: str = "Error creating: ") -> Json:
        """A Pod created for its owner; that it is forbidden is told, unless its namespace goes.

        Source: pkg/controller/controller_utils.go, createPods.
        """
        try:
            return self.server.create(self.who, pod)
        except Refused as refusal:
            if refusal.code == 403 and "being terminated" not in str(refusal):
                self.events.tell(owner, "FailedCreate", f"{said}{refusal}", "Warning")
            raise

    def _sent(self, written: Written) -> None:
        if written.kind not in self.watches:
            return
        due = self.clock.now + self.clock.between(*self.clock.lag)
        due = self._last[written.kind] = max(due, self._last.get(written.kind, 0.0))
        if not self.concerns(written):
            return
        self.clock.at(due, lambda: self._delivered(written))

    def _delivered(self, written: Written) -> None:
        cache, uid = self._cache[written.kind], written.thing["metadata"]["uid"]
        before = cache.get(uid)
        if written.type == "DELETED":
            cache.pop(uid, None)
        else:
            cache[uid] = written.thing
        self.seen(written.kind, written.type, before, written.thing)


Said = tuple[str, str, str, str, str]
"""An Event's reason, message, type, host, and the part of the object that it is about."""


class Recorder:
    """Sends Events some time after what they tell of; repeated ones are counted, floods dropped."""

    BURST = 25
    SIMILAR = 10

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._sent: dict[str, int] = {}
        self._known: dict[tuple[str, str, str], Json] = {}
        self._messages: dict[tuple[str, str], set[str]] = {}
        self._last = 0.0

    def tell(
        self, about: Json, reason: str, message: str, type_: str = "Normal", host: str = "",
        part: str = "",
    ) -> None:  # fmt: skip
        """Record an Event about an object, or a part of it, as it was known when this was so."""
        clock = self._actor.clock
        at = clock.now
        due = self._last = max(at + clock.between(0.001, 0.05), self._last)
        said = reason, message, type_, host, part
        clock.after(due - at, lambda: self._send(about, said, at))

    def _send(self, about: Json, said: Said, at: float) -> None:
        reason, message, type_, host, part = said
        uid = about["metadata"]["uid"]
        if self._sent.get(uid, 0) >= self.BURST:
            return
        self._sent[uid] = self._sent.get(uid, 0) + 1
        messages = self._messages.setdefault((uid, reason), set())
        messages.add(message)
        key = (uid + part, reason, message)
        if len(messages) >= self.SIMILAR:
            message = "(combined from similar events): " + message
            key = (uid + part, reason, "")
        known = self._known.get(key)
        try:
            if known is None:
                made = self._event(about, (reason, message, type_, host, part), at)
                self._known[key] = self._actor.server.create(self._actor.who, made)
            else:
                count = known["count"] + 1

                def again(event: Json) -> None:
                    event["count"], event["message"] = count, message
                    event["lastTimestamp"] = stamp(at)

                self._known[key] = self._actor.server.patch(self._actor.who, known, again)
        except Refused:
            self._known.pop(key, None)

    def _event(self, about: Json, said: Said, at: float) -> Json:
        reason, message, type_, host, part = said
        metadata = about["metadata"]
        component = self._actor.component
        source = {"component": component} | ({"host": host} if host else {})
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": f"{metadata['name']}.{int(at * 1e9):x}{len(self._known):x}",
                         "namespace": metadata.get("namespace", "default")},
            "involvedObject": referred(about) | {"resourceVersion": metadata["resourceVersion"]}
            | ({"fieldPath": part} if part else {}),
            "reason": reason, "message": message, "type": type_, "source": source,
            "firstTimestamp": stamp(at), "lastTimestamp": stamp(at), "count": 1,
            "eventTime": None, "reportingComponent": component, "reportingInstance": host,
        }  # fmt: skip


def referred(thing: Json) -> Json:
    """A reference to an object, as Events have it."""
    metadata = thing["metadata"]
    named = {k: metadata[k] for k in ("namespace", "name", "uid") if k in metadata}
    return {"kind": thing["kind"], "apiVersion": thing["apiVersion"]} | named


def owned_by(owner: Json) -> list[Json]:
    """The reference to a controlling owner, as its children carry it."""
    named = {k: owner["metadata"][k] for k in ("name", "uid")}
    kind = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    return [kind | named | {"controller": True, "blockOwnerDeletion": True}]


def _adopt(thing: Json, owner: Json) -> None:
    if controller_of(thing):
        raise Refused(422, "Invalid", "Only one reference can have Controller set to true")
    thing["metadata"]["ownerReferences"] = owned_by(owner)


def _release(thing: Json, uid: str) -> None:
    others = [o for o in thing["metadata"].get("ownerReferences", ()) if o["uid"] != uid]
    thing["metadata"].pop("ownerReferences", None)
    if others:
        thing["metadata"]["ownerReferences"] = others


def controller_of(thing: Json) -> str:
    """The uid of the controlling owner; empty where there is none."""
    for reference in thing["metadata"].get("ownerReferences", ()):
        if reference.get("controller"):
            return str(reference["uid"])
    return ""


def children(things: list[Json], owner: Json) -> list[Json]:
    """Those of these objects that an owner controls."""
    return [thing for thing in things if controller_of(thing) == owner["metadata"]["uid"]]


def matches(owner: Json, thing: Json) -> bool:
    """Whether an owner's selector picks an object of its namespace."""
    labels: Json = thing["metadata"].get("labels", {})
    wanted: Json = owner["spec"]["selector"]["matchLabels"]
    same: bool = owner["metadata"]["namespace"] == thing["metadata"]["namespace"]
    return same and wanted.items() <= labels.items()


def leaving(thing: Json) -> bool:
    """Whether its deletion was asked for."""
    return "deletionTimestamp" in thing["metadata"]


def condition(thing: Json, type_: str) -> Json | None:
    """One condition of an object's status."""
    found = thing.get("status", {}).get("conditions", ())
    return next((c for c in found if c["type"] == type_), None)


def is_ready(pod: Json) -> bool:
    """Whether a Pod counts as ready."""
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def active(pods: list[Json]) -> Iterator[Json]:
    """The Pods that neither ended nor are leaving."""
    for pod in pods:
        if not leaving(pod) and pod["status"].get("phase") not in ("Succeeded", "Failed"):
            yield pod


Change = Callable[[Json], None]
