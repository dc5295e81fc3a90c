"""The smaller writers, and the end of every search: an observed change, not documented yet."""

from eventstream.explain import sources
from eventstream.explain.attribution import Writer
from eventstream.explain.records import Verb
from eventstream.explain.rules import evidence
from eventstream.explain.rules.clients import told_changes
from eventstream.explain.text import named
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View

_JOB_TRACKING = "batch.kubernetes.io/job-tracking"


def quota_charged(view: View, who: Writer) -> Verdict | None:
    """The API server's admission charged a ResourceQuota for an object that is being created."""
    write = view.write
    if write.image.kind != "ResourceQuota" or who.manager != "kube-apiserver":
        return None
    return Verdict(
        rule="quota-charged",
        actor="api-server",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The API server charged {named(write.image)}: {told_changes(write.changes)}.",
        why="Admission counts an object against its namespace's quotas before it is stored.",
        who_grade="reported",
        why_grade="inferred",
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.QUOTA_ADMISSION,
    )


def finalizer_counted(view: View, who: Writer) -> Verdict | None:
    """The Job controller has counted a finished Pod and lets go of its tracking finalizer."""
    write = view.write
    before = write.before
    if write.image.kind != "Pod" or before is None or who.subresource:
        return None
    let_go = set(before.metadata.finalizers) - set(write.image.metadata.finalizers)
    if _JOB_TRACKING not in let_go:
        return None
    owner = write.image.metadata.controller
    cause = view.latest(owner.uid) if owner else None
    return Verdict(
        rule="job-counted",
        actor="job-controller",
        actor_name=who.manager,
        verb="patch",
        what=f"The Job controller took its tracking finalizer from {named(write.image)}.",
        why="It has counted the finished Pod in the Job's status and need not hold it any longer.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            evidence.saw(write),
            *evidence.managed(who),
            evidence.sequence("only the Job controller removes this finalizer", "who"),
        ),
        source_url=sources.JOB_SYNC,
    )


def node_reported(view: View, who: Writer) -> Verdict | None:
    """A kubelet reported its node's status; with nothing new but the time it is a heartbeat.

    Only the kubelet moves lastHeartbeatTime of its conditions, whatever it calls itself.
    Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
    """
    write = view.write
    if write.image.kind != "Node" or who.subresource not in ("status", ""):
        return None
    beats = [change.path.endswith(".lastHeartbeatTime") for change in write.changes]
    if who.manager != "kubelet" and not (any(beats) and who.subresource == "status"):
        return None
    if who.manager == "kube-controller-manager":
        return None
    name = write.image.metadata.name
    mere = bool(beats) and all(beats)
    news = "nothing has changed" if mere else told_changes(write.changes)
    return Verdict(
        rule="node-heartbeat" if mere else "node-reported",
        actor="kubelet",
        actor_name=name,
        verb="renew" if mere else "report" if who.subresource else "patch",
        subresource=who.subresource or None,
        what=f"The kubelet on {name} reported its node's status: {news}.",
        why="A kubelet reports its node when something changed, and every five minutes anyway.",
        who_grade="reported" if who.manager == "kubelet" else "inferred",
        why_grade="inferred",
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.NODE_HEARTBEATS,
        node=name,
    )


def scaled_by_autoscaler(view: View, who: Writer) -> Verdict | None:
    """The scale subresource was written from within the controller manager: the autoscaler's."""
    write = view.write
    if who.manager != "kube-controller-manager" or who.subresource != "scale":
        return None
    return Verdict(
        rule="autoscaled",
        actor="horizontal-pod-autoscaler",
        actor_name=who.manager,
        verb="update",
        subresource="scale",
        what=f"The HorizontalPodAutoscaler scaled {named(write.image)}: "
        f"{told_changes(write.changes)}.",
        why="What it measured is in the status of its HorizontalPodAutoscaler object.",
        who_grade="reported",
        why_grade="unknown",
        begins=True,
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.AUTOSCALER,
    )


def found_by_list(view: View) -> Verdict:
    """A new list showed it: how many writes led here, and whose they were, fell into a gap."""
    write = view.write
    created = write.change.type == "ADDED"
    act = "was created" if created else f"had changed: {told_changes(write.changes)}"
    return Verdict(
        rule="found-by-list",
        actor="unknown",
        verb="create" if created else "update",
        what=f"A new list showed that {named(write.image)} {act}.",
        why="It happened while Baton could not watch; several writes may hide behind it.",
        who_grade="unknown",
        why_grade="unknown",
        evidence=(evidence.saw(write),),
        source_url=sources.API_CONCEPTS,
    )


def defect(view: View, error: Exception) -> Verdict:
    """A rule of ours failed on this write: a defect of Baton, shown where it struck."""
    write = view.write
    return Verdict(
        rule="defect",
        actor="unknown",
        verb="create" if write.change.type == "ADDED" else "update",
        what=f"{named(write.image)} changed, and Baton failed to explain it.",
        why=f"This is a defect of Baton ({type(error).__name__}: {error}); its log has the details.",
        who_grade="unknown",
        why_grade="unknown",
        evidence=(evidence.saw(write),),
    )


def undocumented(view: View, who: Writer) -> Verdict:
    """An observed change that no rule explains yet: shown as such, its writer only if named."""
    write = view.write
    created = write.change.type == "ADDED"
    verb: Verb = "create" if created else "report" if who.subresource == "status" else "update"
    act = "was created" if created else f"changed: {told_changes(write.changes)}"
    if who.known:
        hint = f"managedFields names {who.manager}, which does not say which component that is."
    elif who.candidates:
        hint = f"It was one of {' and '.join(who.candidates)}; which cannot be told."
    else:
        hint = "managedFields names nobody."
    return Verdict(
        rule="undocumented",
        actor="unknown",
        actor_name=who.manager or " or ".join(who.candidates),
        verb=verb,
        subresource=who.subresource or None,
        what=f"{named(write.image)} {act}. Baton has not documented this change yet.",
        why=hint,
        who_grade="unknown",
        why_grade="unknown",
        evidence=(evidence.saw(write), *evidence.managed(who)),
    )
