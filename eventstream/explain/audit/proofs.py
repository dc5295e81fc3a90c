"""Remembers which audited identities were shown to be custom controllers, and by which writes.

An operator and a person may share a user. What the operator does to a custom resource's status
tells its agent from theirs, also for deletions, which leave nothing in the object; so writes by
one identity rest on each other, in whatever order they come.
"""

from eventstream.explain.audit.identities import components, is_by_hand
from eventstream.explain.audit.upgrades import proves
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.observations import AuditRecord

_Asker = tuple[str, str]
_MOST = 1000


class Proofs:
    """By user and agent: the writes that prove a custom controller, and those it matters to."""

    def __init__(self) -> None:
        self._proving: dict[_Asker, dict[int, Write]] = {}
        self._resting: dict[_Asker, dict[int, Write]] = {}
        self._asker_of: dict[int, _Asker] = {}
        self._settled: dict[_Asker, None] = {}
        self._again: dict[int, Write] = {}

    def weigh(self, write: Write, verdict: Verdict, record: AuditRecord) -> bool:
        """Whether the asker is known as a custom controller, this write's own evidence included."""
        asker = record.user, record.agent
        if self._asker_of.get(id(write), asker) != asker:
            self.drop(write)
        if components(record) or is_by_hand(record):
            return False
        self._asker_of[id(write)] = asker
        self._resting.setdefault(asker, {})[id(write)] = write
        before = self._known(asker)
        proving = self._proving.setdefault(asker, {})
        if proves(verdict, record):
            proving[id(write)] = write
        else:
            proving.pop(id(write), None)
        self._tell(asker, before)
        return self._known(asker)

    def known(self, record: AuditRecord) -> bool:
        """Whether the asker is known as a custom controller."""
        return self._known((record.user, record.agent))

    def trust(self, record: AuditRecord) -> None:
        """Take an asker as known: an earlier run had the proof."""
        self._settled[record.user, record.agent] = None

    def drop(self, write: Write) -> None:
        """Forget what a write said of its asker: it was another's."""
        asker = self._asker_of.pop(id(write), None)
        if asker is None:
            return
        before = self._known(asker)
        self._proving[asker].pop(id(write), None)
        self._resting[asker].pop(id(write), None)
        self._tell(asker, before)

    def again(self) -> list[Write]:
        """The writes whose asker is now known otherwise, once."""
        found = [write for write in self._again.values() if not write.base]
        self._again.clear()
        return found

    def sweep(self) -> None:
        """Let go of settled writes; what they proved stays known."""
        for asker, resting in list(self._resting.items()):
            for key, write in list(resting.items()):
                if not write.base:
                    continue
                if self._proving[asker].pop(key, None) is not None:
                    self._settled[asker] = None
                del resting[key], self._asker_of[key]
            if not resting:
                del self._resting[asker], self._proving[asker]
        while len(self._settled) > _MOST:
            del self._settled[next(iter(self._settled))]

    def _known(self, asker: _Asker) -> bool:
        return asker in self._settled or bool(self._proving.get(asker))

    def _tell(self, asker: _Asker, before: bool) -> None:
        if self._known(asker) != before:
            self._again.update(self._resting[asker])
