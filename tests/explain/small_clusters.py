"""Small clusters in which whatever can be confused is: few names, few managers, few seconds.

Times are multiples of 1/64 s, so that sums of them are exact.
"""

from random import Random
from typing import Any, TypeVar

from msgspec.structs import replace

from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import FieldsEntry, Image, Metadata, OwnerReference
from eventstream.objects.observations import AuditRecord, Change, ChangeType
from eventstream.objects.pods import Condition, PodSpec, PodStatus
from eventstream.objects.resource import Resource
from tests.explain.audits import account

PODS = Resource("", "v1", "pods", "Pod")
BEGUN, LAST = 1_000_000.0, 19
OWNER = OwnerReference("apps/v1", "ReplicaSet", "a", "uid-owner", controller=True)
USERS = ("ann", account("replicaset-controller"), account("job-controller"))
MANAGERS = ("kubectl", "kube-controller-manager")
REQUESTS = (
    ("create", ""),
    ("create", ""),
    ("create", "binding"),
    ("create", "eviction"),
    ("patch", ""),
    ("patch", "status"),
    ("update", ""),
    ("update", ""),
    ("update", "status"),
    ("delete", ""),
    ("delete", ""),
    ("deletecollection", ""),
)

T = TypeVar("T")


def stamp(second: float) -> str:
    """A whole second of the server's clock, so many after the beginning."""
    return f"1970-01-12T13:46:{40 + int(second):02}Z"


class Mixed:
    """All kinds of writes to a few objects, and requests that may have made them."""

    steps: tuple[float, ...] = (0, 0, 0.125, 0.125, 0.25, 0.5, 1.0, 3.0)

    def __init__(self, random: Random) -> None:
        self.random = random
        self.now = 8.0
        self.writes: list[Write] = []
        self.records: list[AuditRecord] = []
        self.latest: dict[str, tuple[ObjectLog, Image]] = {}

    def run(self, length: int) -> list[Write | AuditRecord]:
        """So many writes and requests, in the order of their time."""
        shown: list[Write | AuditRecord] = []
        for _ in range(length):
            self.now = min(self.now + self.some(self.steps), LAST)
            shown.append(self.write() if self.often(0.5) else self.ask())
        return shown

    def some(self, choices: tuple[T, ...]) -> T:
        """One of these."""
        return self.random.choice(choices)

    def often(self, part: float) -> bool:
        """Whether, in so many of all cases."""
        return self.random.random() < part

    def write(self) -> Write:
        """The next version of one of the objects."""
        name = self.some(("a-1", "a-2", "b-1", "c"))
        log, before = self.latest.pop(name, (ObjectLog(f"uid-{len(self.writes)}"), None))
        kind: ChangeType = (
            "ADDED" if before is None else self.some(("MODIFIED",) * 3 + ("DELETED",))
        )
        image = self.made(name, log.uid) if before is None else self.changed(before, kind)
        return self.shown(kind, log, image, before)

    def shown(self, kind: ChangeType, log: ObjectLog, image: Image, before: Image | None) -> Write:
        """The write, with the next resourceVersion."""
        order = len(self.writes) + 1
        image = replace(image, metadata=replace(image.metadata, resource_version=str(order)))
        at = BEGUN + self.now
        change = Change(PODS, kind, image, at, before, relisted=self.often(0.05))
        self.writes.append(Write(change, order, log, base=False))
        if kind != "DELETED":
            self.latest[image.metadata.name] = log, image
        return self.writes[-1]

    def made(self, name: str, uid: str) -> Image:
        """An object that was created by now."""
        metadata = Metadata(
            name=name,
            namespace="shop",
            uid=uid,
            generation=1,
            generate_name=f"{name[0]}-" if "-" in name else "",
            creation_timestamp=stamp(self.then()),
            owner_references=self.some(((), (OWNER,))),
            managed_fields=(self.entry(),),
        )
        return Image("v1", "Pod", metadata, PodSpec(), PodStatus())

    def then(self) -> float:
        """The second of the server's clock at the time of the request, which may be past."""
        return int(self.now) - self.some((0, 0, 0, 1, 2))

    def entry(self) -> FieldsEntry:
        """One that some manager left."""
        manager, part = self.some(MANAGERS), self.some(("", "", "status"))
        return FieldsEntry(manager, "Update", part, stamp(self.then()), "v1")

    def changed(self, before: Image, kind: ChangeType) -> Image:
        """Its next version."""
        metadata, how = before.metadata, self.some(("entry", "spec", "mark", "bind", "status"))
        if kind == "DELETED":
            return before
        if how == "mark":
            return replace(before, metadata=replace(metadata, **self.marks()))
        if how == "bind":
            return replace(before, spec=PodSpec(node_name="node-1"))
        if how == "status":
            evicted = Condition("DisruptionTarget", "True", "EvictionByEvictionAPI")
            return replace(before, status=PodStatus(conditions=self.some(((), (evicted,)))))
        entry = self.entry()
        known = [e for e in metadata.managed_fields if e.manager != entry.manager]
        generation = (metadata.generation or 0) + (how == "spec")
        entries = (*known, entry)
        return replace(
            before, metadata=replace(metadata, generation=generation, managed_fields=entries)
        )

    def marks(self) -> dict[str, Any]:
        """What a deletion leaves."""
        grace = self.some((0, 1, 30))
        return {
            "deletion_timestamp": stamp(min(self.then() + grace, LAST)),
            "deletion_grace_period_seconds": grace,
            "finalizers": self.some(((), (), ("foregroundDeletion",), ("example.com/x",))),
        }

    def ask(self) -> AuditRecord:
        """A request, often one that may have made one of the last writes."""
        verb, part = self.some(REQUESTS)
        write = self.random.choice(self.writes[-4:]) if self.writes else None
        nameless = verb == "deletecollection" or (verb == "create" and not part and self.often(0.6))
        at = write.change.at if write is not None else BEGUN + self.now
        before = write.before if write is not None else None
        asked = {
            "name": "" if nameless else write.image.metadata.name if write is not None else "c",
            "uid": write.log.uid if write is not None and self.often(0.1) else "",
            "generate_name": self.some(("", "a-")) if nameless and verb == "create" else "",
            "resource_version": before.version if before is not None and verb == "update" else "",
        }
        return self.asked(verb, part, at + self.some((-4, -0.5, -0.125, -0.125, 0, 0, 0.5)), asked)

    def asked(self, verb: str, part: str, at: float, more: dict[str, str]) -> AuditRecord:
        """A request that was answered then."""
        record = AuditRecord(
            PODS,
            f"audit-{len(self.records):04}",
            verb,
            at,
            at - self.some((0, 0.125, 0.125, 0.25, 1.0, 2.5)),
            201 if verb == "create" or self.often(0.05) else 200,
            self.some(USERS),
            self.some(("x", "x", "x", "y")),
            "shop",
            subresource=part,
            field_manager=self.some(MANAGERS),
            **more,
        )
        self.records.append(record)
        return record


class Bursts(Mixed):
    """A controller that makes objects under names of the server's, and somebody like it."""

    steps = (0, 0.015625, 0.0625, 0.125)

    def write(self) -> Write:
        name = f"a-{len(self.writes)}"
        entry = FieldsEntry(MANAGERS[1], "Update", "", stamp(self.now), "v1")
        image = self.made(name, f"uid-{name}")
        metadata = replace(
            image.metadata, creation_timestamp=stamp(self.now), managed_fields=(entry,)
        )
        return self.shown("ADDED", ObjectLog(image.uid), replace(image, metadata=metadata), None)

    def ask(self) -> AuditRecord:
        user = USERS[1] if self.often(0.95) else USERS[0]
        record = self.asked("create", "", BEGUN + self.now, {"name": ""})
        record = replace(record, user=user, agent="x", code=201, field_manager=MANAGERS[1])
        return replace(record, received=record.at - self.some((0.015625, 0.03125, 0.25)))


class Alike(Mixed):
    """One object that is patched all the time, where no second tells the patches apart."""

    steps = (0, 0.0625, 0.125, 0.5)

    def write(self) -> Write:
        log, before = self.latest.get("c", (ObjectLog("uid-c"), None))
        if before is None:
            return self.shown("ADDED", log, self.made("c", "uid-c"), None)
        generation = (before.metadata.generation or 0) + 1
        image = replace(before, metadata=replace(before.metadata, generation=generation))
        return self.shown("MODIFIED", log, image, before)

    def ask(self) -> AuditRecord:
        at = BEGUN + self.now + self.some((-0.125, 0, 0, 0.0625))
        record = self.asked("patch", "", at, {"name": "c"})
        return replace(record, user=self.some((USERS[0],) * 9 + (USERS[1],)), agent="x")


class Named(Alike):
    """The same, by updates too, which name a version: one of the last, as some change nothing."""

    def ask(self) -> AuditRecord:
        record = super().ask()
        if not self.writes or self.often(0.3):
            return record
        version = self.random.choice(self.writes[-3:]).image.version
        return replace(record, verb="update", resource_version=version)
