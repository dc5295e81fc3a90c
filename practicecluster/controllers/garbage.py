"""The garbage collector: deletes what has no owner left, and ends the waiting of owners.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/garbagecollector/garbagecollector.go
"""

import itertools

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.kinds import KINDS, kind_of, learn, name_of, named
from practicecluster.controllers.who import kcm

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


class Garbage(Actor):
    """Watches everything but Events, and asks the API server before it deletes."""

    watches = tuple(kind for kind in KINDS if kind not in ("Event", "Lease"))

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("garbage-collector", "generic-garbage-collector"))
        self._kinds: dict[str, str] = {}
        self._below: dict[str, set[str]] = {}
        self._met: dict[str, int] = {}
        self._numbers = itertools.count()

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """Owners that went have their dependents looked at; so do owners that wait."""
        uid = thing["metadata"]["uid"]
        self._kinds[uid] = kind
        self._index(type_, before, thing)
        if kind == "CustomResourceDefinition" and type_ != "DELETED":
            self.watch_too(learn(thing))
        finalizers = thing["metadata"].get("finalizers", ())
        if type_ == "DELETED":
            for dependent in self._dependents(uid):
                self.enqueue(dependent["metadata"]["uid"])
        waits = leaving(thing) and not {FOREGROUND, ORPHAN}.isdisjoint(finalizers)
        owned = type_ == "ADDED" and thing["metadata"].get("ownerReferences")
        if type_ != "DELETED" and (waits or owned):
            self.enqueue(uid)
        for owner in thing["metadata"].get("ownerReferences", ()):
            if type_ == "DELETED" or leaving(thing):
                self.enqueue(owner["uid"])

    def _index(self, type_: str, before: Json | None, thing: Json) -> None:
        """Keep which objects are whose, and which of them came first."""
        uid = thing["metadata"]["uid"]
        self._met.setdefault(uid, next(self._numbers))
        for owner in before["metadata"].get("ownerReferences", ()) if before is not None else ():
            below = self._below.get(owner["uid"], set())
            below.discard(uid)
            if not below:
                self._below.pop(owner["uid"], None)
        if type_ == "DELETED":
            self._met.pop(uid)
            return
        for owner in thing["metadata"].get("ownerReferences", ()):
            self._below.setdefault(owner["uid"], set()).add(uid)

    def _dependents(self, uid: str) -> list[Json]:
        """Those that an owner has: by their kinds; of one kind those first that came first."""
        found = [(self._kinds[each], each) for each in self._below.get(uid, ())]
        found.sort(key=lambda each: (self.watches.index(each[0]), self._met[each[1]]))
        return [thing for each in found if (thing := self.known(*each)) is not None]

    def reconcile(self, key: str) -> Work:
        """Look at one object: as an owner that waits, or as a dependent."""
        thing = self.known(self._kinds.get(key, "Pod"), key)
        if thing is None:
            return
        finalizers = thing["metadata"].get("finalizers", ())
        yield self.clock.between(0.001, 0.02)
        if leaving(thing) and ORPHAN in finalizers:
            yield from self._orphan(thing)
        elif leaving(thing) and FOREGROUND in finalizers:
            yield from self._foreground(thing)
        elif not leaving(thing):
            self._delete_if_orphaned(thing)

    def _owner(self, owner: Json, space: str) -> Json | None:
        """An owner as it is now; one of a kind that nobody has heard of is as good as there."""
        name = named(owner.get("apiVersion", ""), owner["kind"])
        if kind_of(name) is None:
            return {"metadata": {"uid": owner["uid"]}}
        return self.server.find(name, space, owner["name"])

    def _delete_if_orphaned(self, thing: Json) -> None:
        space = thing["metadata"].get("namespace", "")
        thing = self.server.find(name_of(thing), space, thing["metadata"]["name"]) or thing
        owners = thing["metadata"].get("ownerReferences", [])
        solid, waiting = 0, 0
        for owner in owners:
            live = self._owner(owner, space)
            if live is None or live["metadata"]["uid"] != owner["uid"]:
                continue
            waits = leaving(live) and FOREGROUND in live["metadata"].get("finalizers", ())
            waiting, solid = waiting + waits, solid + (not waits)
        if not owners or solid:
            return
        below = self._dependents(thing["metadata"]["uid"])
        policy = "Foreground" if waiting and below else "Background"
        self.server.delete(self.who, thing, policy)

    def _foreground(self, owner: Json) -> Work:
        below = self._dependents(owner["metadata"]["uid"])
        if not below:
            yield from self._release(owner, FOREGROUND)
        for dependent in below:
            if not leaving(dependent):
                self.enqueue(dependent["metadata"]["uid"])

    def _orphan(self, owner: Json) -> Work:
        uid = owner["metadata"]["uid"]
        for dependent in self._dependents(uid):
            yield self.clock.between(0.001, 0.01)

            def let_go(thing: Json) -> None:
                others = [
                    o for o in thing["metadata"].get("ownerReferences", ()) if o["uid"] != uid
                ]
                thing["metadata"]["ownerReferences"] = others
                if not others:
                    del thing["metadata"]["ownerReferences"]

            self.server.patch(self.who, dependent, let_go)
        yield from self._release(owner, ORPHAN)

    def _release(self, owner: Json, finalizer: str) -> Work:
        yield self.clock.between(0.001, 0.01)

        def let_go(thing: Json) -> None:
            held = [f for f in thing["metadata"].get("finalizers", ()) if f != finalizer]
            thing["metadata"]["finalizers"] = held
            if not held:
                del thing["metadata"]["finalizers"]

        self.server.patch(self.who, owner, let_go)
