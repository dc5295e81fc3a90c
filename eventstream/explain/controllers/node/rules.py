"""Writes of a kubelet to its own Node: it registers it, and reports on it."""

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.shared.statuses import condition_news
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rule import RuleName
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import listing, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths


def reported(view: View, who: Writer) -> Verdict | None:
    """A kubelet registered its node or reported on it; with nothing new it is a heartbeat.

    Only a kubelet moves lastHeartbeatTime of its conditions, whatever it calls itself.
    Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
    """
    write = view.write
    if not who.known or not is_kubelet(write.image, who.manager):
        return None
    name = write.image.metadata.name
    if write.change.type == "ADDED":
        return _by_kubelet(view, who, "node-registered", f"registered its node {name}")
    beats = [change.path.endswith(".lastHeartbeatTime") for change in write.changes]
    mere = bool(beats) and all(beats)
    news = "nothing has changed" if mere else _news(write)
    return _by_kubelet(
        view, who, "node-heartbeat" if mere else "node-reported", f"reported its node: {news}"
    )


def _news(write: Write) -> str:
    """What is new besides the time of its heartbeats; conditions first, in words."""
    told = condition_news(write)
    others = tuple(
        change
        for change in write.changes
        if not change.path.startswith("status.conditions") and change.path != "status"
    )
    if others:
        told.append(told_changes(others))
    return listing(told, 6) if told else "details that Baton does not keep"


def is_kubelet(image: Image, manager: str) -> bool:
    """Whether a manager is the kubelet of this Node, by its name or by what it alone writes.

    Network plugins and problem detectors keep conditions with heartbeats too, but not Ready.
    """
    if manager == "kubelet":
        return True
    if manager == CONTROLLER_MANAGER or manager.startswith("kubectl"):
        return False
    return any(
        path == "status.conditions[Ready].lastHeartbeatTime"
        for entry in image.metadata.managed_fields
        if entry.manager == manager and entry.subresource == "status"
        for path in paths(entry.fields)
    ) or manager.endswith("kubelet")


def _by_kubelet(view: View, who: Writer, rule: RuleName, act: str) -> Verdict:
    write = view.write
    name = write.image.metadata.name
    created = write.change.type == "ADDED"
    cause = view.previous() if rule == "node-reported" else None
    return Verdict(
        rule=rule,
        actor="kubelet",
        actor_name=name,
        verb="create"
        if created
        else "renew"
        if rule == "node-heartbeat"
        else "report"
        if who.subresource
        else "patch",
        subresource=who.subresource or None,
        what=f"The kubelet on {name} {act}.",
        why="A kubelet registers its node when it starts and finds none of that name."
        if created
        else "A kubelet reports its node when something changed, and every five minutes anyway.",
        who_grade="reported" if who.manager == "kubelet" else "inferred",
        why_grade="inferred",
        begins=created,
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.NODE_REGISTRATION if created else sources.NODE_HEARTBEATS,
        node=name,
    )
