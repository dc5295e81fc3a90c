"""The API in this process: the writer that also answers HTTP, asked without a wire.

So controllers that run by a virtual clock meet the same server as those that people practise with.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Self

from practicecluster.changes import StoredChange
from practicecluster.controllers.api import Change, Json, Refused, Tell, Written
from practicecluster.controllers.clock import Clock
from practicecluster.controllers.kinds import kind_of, name_of, named
from practicecluster.controllers.who import Who
from practicecluster.copying import copied
from practicecluster.resources import ResourceType
from practicecluster.statuses import ApiError
from practicecluster.stored import JsonObject, Stored
from practicecluster.writing import subresources
from practicecluster.writing.deletion import DeleteOptions
from practicecluster.writing.requesting import Request
from practicecluster.writing.writer import Asked, Writer


class MemoryApi:
    """An API server for everybody in one thread; answers come at once, at the clock's time."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self.clock = clock
        self._writer, self._store = writer, writer.store
        self._watches: dict[str, list[Tell]] = {}
        self._store.heard.append(self._heard)

    def seen_by(self, who: Who) -> Self:
        """Return itself: it knows from each request who asks."""
        del who
        return self

    def watch(self, tell: Tell, kinds: tuple[str, ...], node: str = "") -> None:
        """Call `tell` for each write of these kinds from now on, and for what exists."""
        del node  # Who watches passes over what is of others.
        for kind in kinds:
            self._watches.setdefault(kind, []).append(tell)
            for thing in self.every(kind):
                tell(Written(self.clock.now, "ADDED", kind, thing, _NOBODY))

    def find(self, kind: str, space: str, name: str) -> Json | None:
        """Return an object as it is stored."""
        served = self._served(kind)
        if served is None:
            return None
        key = f"{space}/{name}" if served.namespaced else name
        stored = self._store.cache(served.storage).objects.get(key)
        return whole(served, stored) if stored is not None else None

    def every(self, kind: str) -> list[Json]:
        """Return all objects of a kind; none of one that is not served."""
        served = self._served(kind)
        if served is None:
            return []
        stored = self._store.cache(served.storage).objects.values()
        return [whole(served, each) for each in stored]

    def create(self, who: Who, thing: Json) -> Json:
        """Store a new object and return it."""
        asked = self._asked(who, thing)
        return self._do(who, "create", asked, lambda: self._writer.create(asked, copied(thing)))

    def update(self, who: Who, thing: Json, sub: str = "") -> Json:
        """Replace an object, or a part of it by a subresource; Refused (409) if it moved on."""
        asked, body = self._asked(who, thing, sub), copied(thing)
        if sub == "scale":
            return self._do(
                who, "update", asked, lambda: subresources.rescale(self._writer, asked, body)
            )
        return self._do(who, "update", asked, lambda: self._writer.update(asked, body))

    def patch(self, who: Who, thing: Json, change: Change, sub: str = "") -> Json:
        """Change an object as it is now, whatever version the asker had seen."""
        asked, wanted = self._asked(who, thing, sub), thing["metadata"].get("uid")

        def changed(now: JsonObject) -> JsonObject:
            if wanted and now["metadata"]["uid"] != wanted:
                raise ApiError(409, "Conflict", "another object has that name")
            now.setdefault("status", {})
            change(now)
            return now

        return self._do(who, "patch", asked, lambda: self._writer.patch(asked, changed))

    def apply(self, who: Who, thing: Json) -> Json:
        """Server-side apply, forced."""
        asked, body = self._asked(who, thing), copied(thing)
        asked.force = True
        return self._do(who, "patch", asked, lambda: self._writer.apply(asked, body)[0])

    def bind(self, who: Who, pod: Json, node: str) -> Json:
        """Put a Pod on a node."""
        asked, body = self._asked(who, pod, "binding"), {"target": {"name": node}}
        self._do(who, "create", asked, lambda: subresources.bind(self._writer, asked, body))
        return self.find("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"]) or pod

    def evict(self, who: Who, pod: Json) -> None:
        """Delete a Pod where its budgets allow."""
        asked = self._asked(who, pod, "eviction")
        self._do(who, "create", asked, lambda: subresources.evict(self._writer, asked, {}))

    def delete(
        self, who: Who, thing: Json, policy: str = "Background", grace: int | None = None,
        verb: str = "delete",
    ) -> None:  # fmt: skip
        """Delete an object, or mark it: `grace` is in seconds."""
        options = DeleteOptions(grace, policy, thing["metadata"].get("uid") or "")
        asked = self._asked(who, thing)
        self._do(who, verb, asked, lambda: self._writer.delete(asked, options))

    def delete_all(self, who: Who, kind: str, space: str) -> Generator[float, None, int]:
        """Delete all of a kind in a namespace; return how many there were."""
        found = [each for each in self.every(kind) if each["metadata"]["namespace"] == space]
        yield self.clock.between(0.0005, 0.004)
        for thing in found:
            with suppress(Refused):  # Gone in the meantime.
                self.delete(who, thing, verb="deletecollection")
        return len(found)

    def finalize(self, who: Who, name: str) -> None:
        """Let a namespace go."""
        served = self._needed("Namespace")
        asked = Asked(served, None, name, "finalize", manager=who.manager)
        self._do(who, "update", asked, lambda: subresources.finalize(self._writer, asked, {}))

    def _do(self, who: Who, verb: str, asked: Asked, work: Callable[[], Any]) -> Json:
        request = Request(who.user, who.agent, verb, asked.subresource, who.actor)
        try:
            with self._writer.by(request):
                done = work()
        except ApiError as error:
            raise Refused(error.code, error.reason, str(error)) from error
        made: Json = done if isinstance(done, dict) else {}
        if made and made.get("kind") != "Event":
            made.setdefault("status", {})
        return made

    def _served(self, kind: str) -> ResourceType | None:
        known = kind_of(kind)
        if known is None:
            return None
        return self._store.types.find(f"{known.api_version}/{known.plural}")

    def _needed(self, kind: str) -> ResourceType:
        served = self._served(kind)
        if served is None:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        return served

    def _asked(self, who: Who, thing: Json, sub: str = "") -> Asked:
        served, metadata = self._needed(name_of(thing)), thing["metadata"]
        space = metadata.get("namespace") if served.namespaced else None
        return Asked(served, space, metadata.get("name", ""), sub, manager=who.manager)

    def _heard(self, served: ResourceType, change: StoredChange) -> None:
        name = named(served.api_version, served.kind)
        tells, known = self._watches.get(name), kind_of(name)
        if not tells or known is None or known.api_version != served.api_version:
            return
        thing = whole(served, change.after)
        written = Written(self.clock.now, change.type, name, thing, _NOBODY)
        for tell in tells:
            tell(written)


_NOBODY = Who("", "", "", "")


def whole(served: ResourceType, stored: Stored) -> Json:
    """Return an object with its kind and a status, as controllers hold it in memory."""
    thing = {"apiVersion": served.api_version, "kind": served.kind, **stored.content()}
    if served.kind != "Event":
        thing.setdefault("status", {})
    return thing
