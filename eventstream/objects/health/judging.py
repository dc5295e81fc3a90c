"""How a custom resource stands: by a user's script, else by its declaration, else by convention."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from eventstream.objects.health.choosing import chosen
from eventstream.objects.health.conventions import by_convention, unseen
from eventstream.objects.health.declared import DeclaredKind, Fallback
from eventstream.objects.health.errors import spoken
from eventstream.objects.health.records import Health

if TYPE_CHECKING:
    from eventstream.objects.health.scripts import Scripts

NOT_YET = "it has no status yet"
_DEEPEST = 8
_NOTHING_SAYS = "nothing in its status says that it is done"


class Judge:
    """Judges objects as they come off the wire, before anything of them is hidden."""

    def __init__(
        self, kinds: dict[tuple[str, str], DeclaredKind], scripts: "Scripts | None" = None
    ) -> None:
        self._kinds = kinds
        self._scripts = scripts
        self._chosen: dict[tuple[str, str], DeclaredKind | None] = {}

    def kind(self, group: str, kind: str) -> DeclaredKind | None:
        """The declaration that is for this kind, if there is one."""
        key = group, kind
        if key not in self._chosen:
            if len(self._chosen) >= _CHOSEN_KEPT:
                self._chosen.clear()
            found = chosen(self._kinds, group, kind, "*")
            self._chosen[key] = self._kinds[found] if found else None
        return self._chosen[key]

    def reads_all(self, group: str, kind: str) -> bool:
        """Whether a kind is judged by more of an object than the conventions read."""
        if self._scripts is not None and self._scripts.has(group, kind):
            return True
        return self.kind(group, kind) is not None

    def shows(self, group: str, kind: str) -> frozenset[str]:
        """Dotted paths below the status of such an object, of texts that may be kept."""
        declared = self.kind(group, kind)
        return declared.shows if declared is not None else frozenset()

    def __call__(self, group: str, kind: str, found: dict[str, Any]) -> Health | None:
        """How `found` stands; None where nothing says so and it has no status."""
        health = self._judged(group, kind, found)
        said = spoken(health.message) if health is not None else ""
        if health is None or said == health.message:
            return health
        return msgspec.structs.replace(health, message=said)

    def _judged(self, group: str, kind: str, found: dict[str, Any]) -> Health | None:
        if self._scripts is not None:
            scripted = self._scripts.judge(group, kind, found)
            if scripted is not None:
                return scripted
        declared = self.kind(group, kind)
        if declared is None:
            return _claimed(by_convention(found), found)
        health = _by_declaration(declared, found)
        if not found.get("status"):
            health = msgspec.structs.replace(health, bare=True)
        if health.state == "suspended" or health.stale:
            return health
        if health.over and health.state == "complete":
            return health
        if health.state == "progressing" and declared.declaration.takes:
            takes = health.takes + declared.declaration.takes
            health = msgspec.structs.replace(health, takes=takes)
        names = declared.waits_for(found, complete=health.state == "complete")
        return msgspec.structs.replace(health, waits_for=names) if names else health


def _claimed(health: Health | None, found: dict[str, Any]) -> Health | None:
    """With what it is a claim to, where it names that: Crossplane's own kinds are a user's.

    One of these that is Synced is not done before it is Ready.
    Sources: https://docs.crossplane.io/v1.20/concepts/claims/ and managed-resources/#conditions
    there.
    """
    spec = found.get("spec")
    if health is not None and health.condition == "Synced" and health.state == "complete":
        crossplane = isinstance(spec, dict) and not _CROSSPLANE.isdisjoint(spec)
        return Health("progressing", _NOT_READY) if crossplane else health
    if health is None or health.state in ("complete", "suspended") or health.stale:
        return health
    ref = spec.get("resourceRef") if isinstance(spec, dict) else None
    if not isinstance(ref, dict) or not all(isinstance(ref.get(key), str) for key in _REFERENCE):
        return health
    group = ref["apiVersion"].rpartition("/")[0]
    return msgspec.structs.replace(health, waits_for=(f"{ref['kind']}.{group}/{ref['name']}",))


_CROSSPLANE = frozenset(
    ("compositionRef", "compositionSelector", "crossplane", "forProvider", "resourceRefs")
)
"""Fields of a spec that Crossplane's managed, composite and claimed resources have."""
_NOT_READY = "it has no condition Ready yet"
_REFERENCE = ("apiVersion", "kind", "name")


def _by_declaration(declared: DeclaredKind, found: dict[str, Any]) -> Health:
    holder, metadata = declared.declaration.looked_after_by, found.get("metadata")
    generation = metadata.get("generation") if isinstance(metadata, dict) else None
    stale = unseen(found.get("status"), generation)
    health = _judged(declared, found)
    if health.state == "suspended":
        asked = _judged(declared, {**found, "status": {}})
        health = msgspec.structs.replace(health, asks=asked.state == "suspended")
    if stale is None or health.asks:
        return health
    if declared.declaration.observes == "success" and health.state in ("failed", "suspended"):
        return health
    return msgspec.structs.replace(stale, holder=holder)


def _judged(declared: DeclaredKind, found: dict[str, Any]) -> Health:
    """How it stands by its declaration, of whatever generation that is."""
    said, holder = declared.judge(found), declared.declaration.looked_after_by
    if isinstance(said, Health):
        if said.message and not _is_told(found.get("status"), said.message):
            said = msgspec.structs.replace(said, ours=True)
        return _told(said, _usual(declared, found))
    if said != "convention":
        return _fallback(said, holder, _usual(declared, found))
    health = _usual(declared, found)
    if health is None:  # Said, so that it reads the same once it is redacted.
        return Health("unknown", "status is empty", basis="declared", holder=holder)
    return health if health.holder else msgspec.structs.replace(health, holder=holder)


def _told(said: Health, usual: Health | None) -> Health:
    """What a declaration says, in the words of the status where a convention reads it alike."""
    if said.by or usual is None or usual.state != said.state:
        return said
    others = said.message and usual.message and said.message != usual.message
    return msgspec.structs.replace(
        said,
        # What another field says is not to be read as the words of this condition.
        by="" if others and said.state == "failed" and not said.ours else usual.by,
        reason=usual.reason,
        message=said.message or usual.message,
        since=said.since or usual.since,
        condition=usual.condition,
        value=usual.value,
        over=usual.over,
        patient=said.patient or usual.patient,
    )


def _is_told(status: Any, message: str) -> bool:
    """Whether all of it stands in the status: one text, or two as `PHASE: REASON`."""
    first, _, rest = message.partition(": ")
    both = bool(rest) and _stands_in(status, first) and _stands_in(status, rest)
    return both or _stands_in(status, message)


def _stands_in(status: Any, message: str, depth: int = _DEEPEST) -> bool:
    """Whether the object itself says this, somewhere in its status."""
    if isinstance(status, str):
        return message in status
    if depth == 0:
        return False
    found = status.values() if isinstance(status, dict) else status
    below = found if isinstance(found, Iterable) else ()
    return any(_stands_in(one, message, depth - 1) for one in below)


def _usual(declared: DeclaredKind, found: dict[str, Any]) -> Health | None:
    """How it stands by convention; of what takes how long its file knows better, if it says so."""
    health = by_convention(found, newest=False)
    if health is None or not declared.declaration.takes:
        return health
    return msgspec.structs.replace(health, takes=0.0)


def _fallback(said: Fallback, holder: str, usual: Health | None) -> Health:
    if said == "progressing":
        if usual is not None and usual.state == "progressing":
            return msgspec.structs.replace(usual, basis="declared", holder=holder)
        by = NOT_YET if usual is None else _NOTHING_SAYS
        return Health("progressing", by, basis="declared", holder=holder)
    return Health("complete" if said == "complete" else "unknown", "", basis="declared")


_CHOSEN_KEPT = 4096
