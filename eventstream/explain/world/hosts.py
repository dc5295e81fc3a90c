"""Gives a Node the Events of its own programs, which know its name and no uid.

A kubelet, kube-proxy and most else that runs on a node give the name of its Node for the uid, too.
Sources: pkg/kubelet/kubelet.go, NewMainKubelet (`nodeRef`);
https://github.com/kubernetes/node-problem-detector/tree/master/pkg/exporters/k8sexporter.
"""

from collections.abc import Mapping

import msgspec

from eventstream.explain.world.known import name_key
from eventstream.explain.world.notes import keep, needed, told_at
from eventstream.explain.world.text import parse
from eventstream.explain.world.writes import Logs, ObjectLog, Write
from eventstream.objects.observations import Change

_AHEAD = 60.0
"""Seconds for which a kubelet may tell of its Node before it has made it."""


def addressed(note: Change, names: Mapping[str, Mapping[str, ObjectLog]]) -> Change:
    """The same Event about the Node that was meant, where it has but that one's name.

    Of several that had the name, one after the other, it is the one that was there then.
    """
    about = note.after.spec.involved_object
    if about.kind != "Node" or about.uid != about.name:
        return note
    known = sorted(names.get(name_key("Node", None, about.name), {}).values(), key=_made)
    if not known:
        return note
    until = told_at(note) + _AHEAD
    there = [log for log in known if _made(log) <= until]
    return _about(note, (there or known)[-1 if there else 0].uid)


def adopt(write: Write, logs: Logs) -> None:
    """Let a Node that is first seen take over what was told before by its name alone."""
    log = write.log
    if log.ref.kind != "Node" or len(log.writes) > 1:
        return
    early = logs.get(log.ref.name)
    if early is None or early.seen:
        return
    for told in (early.notes or {}).values():
        for note in told.values():
            keep(log, _about(note, log.uid))
    early.notes = None
    if not needed(early):
        del logs[early.uid]


def _made(log: ObjectLog) -> float:
    """When a Node was created, by the API server's clock; 0 where that is not known."""
    latest = log.latest
    return (parse(latest.image.metadata.creation_timestamp) if latest is not None else None) or 0.0


def _about(note: Change, uid: str) -> Change:
    image, facts = note.after, note.after.spec
    about = msgspec.structs.replace(facts.involved_object, uid=uid)
    spec = msgspec.structs.replace(facts, involved_object=about)
    return msgspec.structs.replace(note, after=msgspec.structs.replace(image, spec=spec))
