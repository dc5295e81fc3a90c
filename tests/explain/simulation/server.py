"""The practice cluster's API server by the simulation's clock, with logs of what it was asked.

It knows who truly asks. Types that definitions would bring are served from the start, but for
Websites, whose definition is among what the simulation makes.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from random import Random
from typing import Any

from practicecluster.changes import StoredChange
from practicecluster.controllers.api import Json, Refused, Written
from practicecluster.controllers.clock import Clock
from practicecluster.controllers.kinds import KINDS, named
from practicecluster.controllers.memory_api import MemoryApi, whole
from practicecluster.controllers.who import API_SERVER, Who
from practicecluster.resources import ResourceType
from practicecluster.store import Store
from practicecluster.writing.writer import Asked as Asking
from practicecluster.writing.writer import Writer
from tests.explain.simulation.requests import Asked, Requests

_BY_DEFINITION = "Website"
_COLLECTED = "deletecollection"


class Server(MemoryApi):
    """All objects, with the logs of all writes and of all requests."""

    def __init__(self, clock: Clock) -> None:
        store = Store()
        for name, kind in KINDS.items():
            known = store.types.find(f"{kind.api_version}/{kind.plural}")
            if known is None and name != _BY_DEFINITION:
                group, _, version = kind.api_version.rpartition("/")
                store.types.add(
                    ResourceType(
                        group, version, kind.plural, name, kind.namespaced,
                        has_status=True, custom=True,
                    )
                )  # fmt: skip
        self.log: list[Written] = []
        self.requests = Requests()
        self._who = API_SERVER
        self._chance = Chance(clock.random)
        super().__init__(Writer(store, now=lambda: clock.now, chance=self._chance), clock)

    def delete_all(self, who: Who, kind: str, space: str) -> Generator[float, None, int]:
        """Delete all of a kind in a namespace, by one request which takes time."""
        found = [each for each in self.every(kind) if each["metadata"]["namespace"] == space]
        for thing in found:
            yield self.clock.between(0.0005, 0.004)
            with suppress(Refused):  # Gone in the meantime.
                self.delete(who, thing, verb=_COLLECTED)
        if found:
            self.requests.collected(who, kind, space, self.clock.now)
        return len(found)

    def _asked(self, who: Who, thing: Json, sub: str = "") -> Asking:
        """People name what they mean by its kind alone."""
        return super()._asked(who, {"apiVersion": KINDS[thing["kind"]].api_version} | thing, sub)

    def _do(self, who: Who, verb: str, asked: Asking, work: Callable[[], Any]) -> Json:
        above, self._who = self._who, who
        self._chance.named = False
        refusal = None
        try:
            return super()._do(who, verb, asked, work)
        except Refused as error:
            refusal = error.code, error.reason, str(error)
            raise
        finally:
            self._who = above
            if verb != _COLLECTED:
                verb = "patch" if who.applies else verb
                metadata = {"name": asked.name, "namespace": asked.namespace or ""}
                told = Asked(verb, asked.served.kind, asked.subresource, metadata)
                self.requests.answered(who, told, self.clock.now, refusal)

    def _heard(self, served: ResourceType, change: StoredChange) -> None:
        name, by = named(served.api_version, served.kind), self._writer.request
        known = KINDS.get(name)
        if known is None or known.api_version != served.api_version:
            return
        who = self._who if by.actor == self._who.actor else API_SERVER
        written = Written(self.clock.now, change.type, name, whole(served, change.after), who)
        self.log.append(written)
        for tell in self._watches.get(name, ()):
            tell(written)


class Chance(Random):
    """Names are made up by the simulation's chance; what nobody's acting rests on is not.

    So a seed's story stays the same, whatever else the server makes up.
    """

    def __init__(self, chance: Random) -> None:
        super().__init__(0)
        self._chance, self._made = chance, 0
        self.named = False
        """Whether the object that is asked for has its name."""

    def getrandbits(self, k: int) -> int:
        """Return a number for a uid: those that come later are higher."""
        del k
        self.named = True
        self._made += 1
        return self._made

    def choices(self, *arguments: Any, **more: Any) -> list[Any]:
        """Return letters of a name."""
        if self.named:
            return super().choices(*arguments, **more)
        return self._chance.choices(*arguments, **more)
