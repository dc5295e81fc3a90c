"""Finds what an Event is about whose reporter gives another uid for it than the API server.

A kubelet, and most else that runs on a node, gives the name of its Node for the uid, too. Of a Pod
that a kubelet runs from a file it gives the hash of that, which the Pod's mirror has as annotation.
Sources: pkg/kubelet/kubelet.go, NewMainKubelet (`nodeRef`);
staging/src/k8s.io/kubectl/pkg/describe/describe.go, PodDescriber (Events of a mirror Pod);
https://github.com/kubernetes/node-problem-detector/tree/master/pkg/exporters/k8sexporter.
"""

import msgspec

from eventstream.explain.world.notes import keep, needed
from eventstream.explain.world.writes import Logs, ObjectLog, Write
from eventstream.objects.images import Image
from eventstream.objects.observations import Change

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a Pod that only shows one which its kubelet runs of itself."""

_ROOM = 1024
"""Aliases after which those of objects that are forgotten go."""


class Aliases:
    """By other uids that are given for them, the objects that are meant, of several the newest."""

    def __init__(self) -> None:
        self._meant: dict[str, tuple[int, str]] = {}
        self._room = _ROOM

    def addressed(self, note: Change) -> Change:
        """The same Event about the object that is meant, as far as that was seen."""
        found = self._meant.get(note.after.spec.involved_object.uid)
        return note if found is None else _about(note, found[1])

    def learn(self, write: Write, logs: Logs) -> None:
        """Let an object that is first seen have what is told of it by another uid, or was."""
        log = write.log
        if len(log.writes) > 1 or not (other := _alias(write.image)):
            return
        known = self._meant.get(other)
        if known is None or known[0] < write.order:
            self._meant[other] = write.order, log.uid
        if len(self._meant) > self._room:
            self._meant = {key: meant for key, meant in self._meant.items() if meant[1] in logs}
            self._room = max(_ROOM, 2 * len(self._meant))
        _adopt(log, other, logs)


def _alias(image: Image) -> str:
    """What reporters may call this object instead of by its uid; empty where nobody does."""
    if image.kind == "Node":
        return image.metadata.name
    if image.kind == "Pod" and image.metadata.annotations:
        return image.metadata.annotations.get(MIRROR) or ""
    return ""


def _adopt(log: ObjectLog, other: str, logs: Logs) -> None:
    """Take over what was told by the other uid before the object was seen."""
    early = logs.get(other)
    if early is None or early.seen:
        return
    for told in (early.notes or {}).values():
        for note in told.values():
            keep(log, _about(note, log.uid))
    early.notes = None
    if not needed(early):
        del logs[other]


def _about(note: Change, uid: str) -> Change:
    image, facts = note.after, note.after.spec
    about = msgspec.structs.replace(facts.involved_object, uid=uid)
    spec = msgspec.structs.replace(facts, involved_object=about)
    return msgspec.structs.replace(note, after=msgspec.structs.replace(image, spec=spec))
