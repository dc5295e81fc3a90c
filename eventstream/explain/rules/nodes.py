"""Writes to Node objects: its kubelet's reports, and the controllers that watch over it."""

from eventstream.explain import sources
from eventstream.explain.actors import title
from eventstream.explain.attribution import Writer
from eventstream.explain.documented.rule import RuleName
from eventstream.explain.pods import condition
from eventstream.explain.records import Loop
from eventstream.explain.rules import evidence
from eventstream.explain.rules.clients import told_changes
from eventstream.explain.text import listing, named, seen
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths

_LIFECYCLE_TAINTS = "node.kubernetes.io/"


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
        return _by_kubelet(write, who, "node-registered", f"registered its node {name}")
    beats = [change.path.endswith(".lastHeartbeatTime") for change in write.changes]
    mere = bool(beats) and all(beats)
    news = "nothing has changed" if mere else told_changes(write.changes)
    return _by_kubelet(
        write, who, "node-heartbeat" if mere else "node-reported", f"reported its node: {news}"
    )


def is_kubelet(image: Image, manager: str) -> bool:
    """Whether a manager is the kubelet of this Node, by its name or by what it alone writes."""
    if manager == "kubelet":
        return True
    if manager == "kube-controller-manager" or manager.startswith("kubectl"):
        return False
    return any(
        path.endswith("].lastHeartbeatTime")
        for entry in image.metadata.managed_fields
        if entry.manager == manager and entry.subresource == "status"
        for path in paths(bytes(entry.fields))
    ) or manager.endswith("kubelet")


def _by_kubelet(write: Write, who: Writer, rule: RuleName, act: str) -> Verdict:
    name = write.image.metadata.name
    created = write.change.type == "ADDED"
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
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.NODE_REGISTRATION if created else sources.NODE_HEARTBEATS,
        node=name,
    )


def watched_over(view: View, who: Writer) -> Verdict | None:
    """The controller manager wrote a Node: told apart by the field, which one controller owns."""
    write = view.write
    if who.manager != "kube-controller-manager" or write.change.type != "MODIFIED":
        return None
    found = _controller(write, who)
    if found is None:
        return None
    actor, source_url, act, why = found
    cause = view.previous()
    return Verdict(
        rule="node-watched-over",
        actor=actor,
        actor_name=who.manager,
        verb="report" if who.subresource else "patch",
        subresource=who.subresource or None,
        what=f"The {title(actor)} {act}.",
        why=why,
        who_grade="reported",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            evidence.sequence(f"of the controllers only the {title(actor)} writes this", "who"),
        ),
        source_url=source_url,
        loop=Loop(
            seen(cause) if cause else named(write.image), "what the Node says with what holds", act
        ),
    )


def _controller(write: Write, who: Writer) -> tuple[str, str, str, str] | None:
    """(actor, source, what it did, why) by the fields that changed, or None."""
    node = named(write.image)
    if who.subresource == "status":
        lost = [
            now.type
            for now in write.image.status.conditions
            if now.status == "Unknown"
            and ((was := condition(write.before, now.type)) is None or was.status != "Unknown")
        ]
        if not lost:
            return None
        act = f"set condition {listing(lost)} of {node} to Unknown"
        why = "The kubelet on that node has neither reported nor renewed its Lease for too long."
        return "node-lifecycle-controller", sources.NODE_LIFECYCLE, act, why
    paths_ = [change.path for change in write.changes]
    if paths_ and all(path.startswith("spec.taints") for path in paths_):
        return _tainted(write, node)
    if any(path == "metadata.annotations.node.alpha.kubernetes.io/ttl" for path in paths_):
        act = f"set how long the kubelet on {node} may cache Secrets"
        return "ttl-controller", sources.NODE_TTL, act, "It follows from the number of nodes."
    return None


def _tainted(write: Write, node: str) -> tuple[str, str, str, str] | None:
    before, after = _taints(write.before), _taints(write.image)
    if not all(key.startswith(_LIFECYCLE_TAINTS) for key, _ in before ^ after):
        return None
    added = [f"{key}:{effect}" for key, effect in sorted(after - before)]
    removed = [f"{key}:{effect}" for key, effect in sorted(before - after)]
    did = [f"put taint {listing(added)} on {node}"] if added else []
    did += [f"took taint {listing(removed)} from {node}"] if removed else []
    why = "The taints of a node follow from its conditions, and from whether it takes new Pods."
    return "node-lifecycle-controller", sources.NODE_LIFECYCLE, " and ".join(did), why


def _taints(image: Image | None) -> set[tuple[str, str]]:
    taints = getattr(getattr(image, "spec", None), "taints", ())
    return {(taint.key, taint.effect) for taint in taints}
