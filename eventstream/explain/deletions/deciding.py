"""Says who deletes an object, or who all can have: the object itself names nobody.

What can be known: the owner is gone (garbage collector); a condition DisruptionTarget says who
evicted; an Event SuccessfulDelete names the Pod; the owner had more than it wanted; the step to
grace period 0 and the end of a Pod that had a node are its kubelet's. Sources: see each rule.
"""

from collections.abc import Callable

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import custom_keeper, custom_owner, pruner
from eventstream.explain.attribution.writers import writer
from eventstream.explain.deletions import finalizers
from eventstream.explain.deletions.finalizers import PROPAGATION
from eventstream.explain.deletions.removals import TAINTED, deletion, is_mirror
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Said, Telling
from eventstream.explain.world.pods import condition, has_ended, node_of
from eventstream.explain.world.text import named, parse, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.numbers import whole


def doubt(view: View) -> str:
    """Who else may have deleted it, in words; empty where only a client can have."""
    return next((said for rule in _DOUBTS if (said := rule(view))), "")


def _unseen_owner(view: View) -> str:
    owners = view.write.image.metadata.owner_references
    if any(not view.log(owner.uid).seen for owner in owners):
        return "A client, or the garbage collector: its owner was not seen, so it cannot be told."
    if any(view.missed(owner.uid) for owner in owners):
        return "A client, or a controller: what became of its owner then fell into a gap."
    return ""


def _by_its_kind(view: View) -> str:
    image = view.write.image
    if is_mirror(image) and not image.metadata.deletion_grace_period_seconds:
        return "A client, or its kubelet: the Pod mirrors one that the node runs of itself."
    if image.kind == "Pod":
        return _by_its_node(view)
    if image.kind == "Node" and _in_a_cloud(image):
        return "A client, or the cloud controller manager, which deletes nodes whose machine went."
    if image.kind == "Node" and _is_scaled_down(image):
        return "A client, or a cloud's controller: the cluster autoscaler had marked it to go."
    if image.kind == "Secret" and image.metadata.name.startswith(_BOOTSTRAP):
        return "A client, or the token cleaner, which takes bootstrap tokens that have expired."
    mark, who = _TENDED.get(image.kind, ("", "")) if is_built_in(image.api_version) else ("", "")
    marks = {"", *(image.metadata.labels or ()), *(image.metadata.annotations or ())}
    return f"A client, or {who}." if who and mark in marks else ""


_BOOTSTRAP = "bootstrap-token-"
"""How Secrets are called by which nodes join; kubeadm's expire after a day.

Source: pkg/controller/bootstrap/tokencleaner.go, evalSecret.
"""


_TENDED = {
    "APIService": (
        "kube-aggregator.kubernetes.io/automanaged",
        "the API server, which has one for each version of a custom type",
    ),
    "CertificateSigningRequest": ("", "the CSR cleaner, which takes those that are over"),
    "FlowSchema": ("apf.kubernetes.io/autoupdate-spec", "the API server, which had suggested it"),
    "IPAddress": (
        "ipaddress.kubernetes.io/managed-by",
        "the API server, which has one for each address of a Service",
    ),
    "Lease": (
        "apiserver.kubernetes.io/identity",
        "an API server, which takes those of others that are no more",
    ),
    "LeaseCandidate": ("", "the API server, which takes those that are not renewed"),
    "PodCertificateRequest": ("", "the controller that cleans up those that are over"),
    "PriorityLevelConfiguration": (
        "apf.kubernetes.io/autoupdate-spec",
        "the API server, which had suggested it",
    ),
    "ResourceClaim": (
        "resource.kubernetes.io/pod-claim-name",
        "the resource claim controller, which takes those of Pods that are done",
    ),
    "ResourceSlice": ("", "a kubelet, which takes those of a driver that is gone"),
    "Secret": (
        "kubernetes.io/service-account.name",
        "a token controller, which takes those of lost ServiceAccounts, or that nobody uses",
    ),
    "StorageVersion": ("", "the controller that takes those of API servers that are no more"),
    "VolumeAttachment": ("", "the attach/detach controller, which detaches so"),
}
"""Kinds whose objects Kubernetes deletes itself for other reasons than what owns them.

With the label or annotation that those have, and who deletes them. Sources:
pkg/controller/certificates/cleaner; pkg/controller/resourceclaim/controller.go;
pkg/controller/serviceaccount/tokens_controller.go;
pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go;
pkg/controller/storageversiongc;
pkg/controller/volume/attachdetach; pkg/controlplane/controller/apiserverleasegc;
pkg/controlplane/controller/leaderelection; pkg/kubelet/cm/dra/plugin;
pkg/registry/core/service/ipallocator/controller; pkg/registry/flowcontrol/ensurer;
staging/src/k8s.io/kube-aggregator/pkg/controllers/autoregister.
"""


def _custom(view: View) -> str:
    keeper = custom_keeper(view) or pruner(view)
    return f"A client, or {keeper}." if keeper else ""


def _hidden(view: View) -> str:
    """Who else may have deleted it, for a reader who is not shown namespaces or types."""
    image = view.write.image
    custom = not is_built_in(image.api_version)
    if custom and not view.is_shown("CustomResourceDefinition"):
        return "A client, or the API server: whether its type is being deleted is not shown."
    if may_be_emptied(view):
        return (
            "A client, or the namespace controller: whether its namespace is being deleted is "
            "not shown."
        )
    return ""


def may_be_emptied(view: View) -> bool:
    """Whether the object's namespace may be being deleted, as a reader cannot see who may not."""
    spaced = bool(view.write.image.metadata.namespace)
    return spaced and not view.is_shown("Namespace") and not view.namespace_lived()


def _by_its_node(view: View) -> str:
    """Who may delete a Pod for what is the matter with its node, and need not say so in it.

    The conditions that name them came with Kubernetes 1.26; another, which all Pods have, with
    1.29. What has ended is collected without one. The Pod garbage collector gives a node that is
    missing 40 seconds to come back: by then that may be forgotten here.
    Sources: pkg/controller/podgc/gc_controller.go, gcOrphaned;
    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-has-network
    """
    image = view.write.image
    if condition(image, NEWER) is not None and not has_ended(view.write.before or image):
        return ""
    node = node_of(image)
    host = view.by_name("Node", None, node) if node else None
    if host.gone if host is not None else node and view.is_shown("Node"):
        return "A client, or the Pod garbage collector, since the node of the Pod is gone."
    taints = getattr(host.image.spec, "taints", ()) if host is not None else ()
    return TAINTED if any(taint.effect == "NoExecute" for taint in taints) else ""


NEWER = "PodReadyToStartContainers"


def _in_a_cloud(image: Image) -> bool:
    """Whether a cloud controller manager looks after the Node; its name is only a hint."""
    return any("cloud-controller" in entry.manager for entry in image.metadata.managed_fields)


def _is_scaled_down(image: Image) -> bool:
    """Whether the cluster autoscaler is about to give the machine back.

    Source: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/utils/taints
    """
    taints = getattr(image.spec, "taints", ())
    return any(taint.key == "ToBeDeletedByClusterAutoscaler" for taint in taints)


_DOUBTS: tuple[Callable[[View], str], ...] = (_unseen_owner, _by_its_kind, _custom, _hidden)


def cleaner(view: View) -> str:
    """Who else cleans up in a namespace that goes: whose finalizer still holds a custom resource.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
    """
    owner = custom_owner(view.write.image)
    latest = view.latest(owner.uid) if owner is not None else None
    if latest is None:
        return custom_keeper(view)
    metadata = latest.image.metadata
    busy = metadata.deletion_timestamp and not latest.gone
    return custom_keeper(view) if busy and set(metadata.finalizers) - PROPAGATION else ""


def collects(owner: Write) -> bool:
    """Gone, or waiting in foreground mode for exactly this."""
    return owner.gone or "foregroundDeletion" in owner.image.metadata.finalizers


def elsewhere(write: Write, owner: Write) -> bool:
    """Whether an owner is in another namespace, so that it counts for the object as none.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
    #owner-references-in-object-specifications
    """
    own, of = write.image.metadata.namespace, owner.image.metadata.namespace
    return bool(own and of) and own != of


def marks_deletion(write: Write) -> bool:
    """Whether this version is part of a deletion: marked, shortened, asked for again, or gone."""
    if write.gone:
        return True
    now, before = write.image.metadata, write.before.metadata if write.before else None
    if not now.deletion_timestamp:
        return False
    if before is None or not before.deletion_timestamp:
        return True
    shortened = now.deletion_grace_period_seconds != before.deletion_grace_period_seconds
    return shortened or finalizers.asks_again(write)


def asked_by_client(view: View) -> Verdict:
    """Nothing in the cluster accounts for it: somebody asked, and the object does not say who."""
    write = view.write
    if in_doubt := doubt(view):
        return left_open(view, in_doubt)
    return Verdict(
        rule="client-deleted",
        actor="client",
        verb="delete",
        who_grade="inferred",
        why_grade="unknown",
        begins=True,
        source_url=sources.API_CONCEPTS,
        telling=_Asking(write, ""),
    )


def left_open(view: View, doubt: str) -> Verdict:
    """A deletion of which it stays open who asked for it; `doubt` names those who may have."""
    return Verdict(
        rule="deletion-unknown",
        actor="unknown",
        verb="delete",
        who_grade="unknown",
        why_grade="unknown",
        source_url=sources.API_CONCEPTS,
        telling=_Asking(view.write, doubt),
    )


class _Asking(Telling, frozen=True, gc=False):
    """That somebody asked for a deletion: a client, or in `doubt` others too."""

    write: Write
    doubt: str

    def said(self) -> Said:
        write = self.write
        wanted = _WANTED if write.image.metadata.owner_references else _UNOWNED
        ended = write.image.kind == "Pod" and has_ended(write.before or write.image)
        return Said(
            what=deletion(write, "Somebody" if self.doubt else "A client"),
            why=self.doubt or f"{wanted} {_TOO_MANY if ended else ''}{_NAMELESS}",
            evidence=(
                proofs.saw(write),
                *proofs.owned(write),
                *proofs.nobody(writer(write)),
            ),
        )


_WANTED = "Its owner exists, and no controller had a reason to delete it."
_UNOWNED = "Nothing owns it, so that no controller of Kubernetes' own had a reason to."
_NAMELESS = "The object does not say which client asked."
_TOO_MANY = (
    "Only where there were more ended Pods than the Pod garbage collector leaves (12,500 unless it "
    "is set otherwise) did that delete it. "
)
"""Source: pkg/controller/podgc/gc_controller.go, gcTerminated."""


class Housekeeper(msgspec.Struct, frozen=True):
    """Who deletes and why; `actor` is "unknown" with the candidates in `why` where it is open."""

    actor: str
    why: str
    source_url: str
    cause: Write | None = None


def either(reason: str, source_url: str) -> Housekeeper:
    """A client could as well have done it as the controller that `reason` tells of."""
    return Housekeeper("unknown", f"A client, or {reason}", source_url)


def ordinal(pod: Image) -> int:
    """The number of a StatefulSet's Pod, from its name; 0 where it has none."""
    return whole(pod.metadata.name.rpartition("-")[2]) or 0


def would_say(view: View, owner: str) -> bool:
    """Whether a deletion by the owner's controller would be told in an Event that is shown.

    It is where other Events about the owner's children are, and not yet so many that clients
    combine like ones (after 10), or stop sending them (after 25 an object).
    Source: staging/src/k8s.io/client-go/tools/record/events_cache.go.
    """
    told = view.all_notes(owner, *_TOLD)
    deletions = [note for note in told if note.after.spec.reason == "SuccessfulDelete"]
    times = sum(note.after.spec.times for note in told)
    return 0 < times < _ALL_SENT and len(deletions) < _TOLD_ONE_BY_ONE


_TOLD = ("SuccessfulCreate", "SuccessfulDelete", "FailedCreate", "SawCompletedJob")
_ALL_SENT = 20
_TOLD_ONE_BY_ONE = 9


def by_collector(view: View) -> Verdict | None:
    """All owners are gone, so the garbage collector deletes what they owned (background mode).

    Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
    """
    write = view.write
    gone: list[Write] = []
    for owner in write.image.metadata.owner_references:
        latest = view.latest(owner.uid)
        if latest is None or not (collects(latest) or elsewhere(write, latest)):
            return None
        gone.append(latest)
    if not gone:
        return None
    cause = max(gone, key=lambda found: found.order)
    at = cause.image.version
    state = f"gone ({at})" if cause.gone else f"being deleted in the foreground ({at})"
    other, hidden = cleaner(view), may_be_emptied(view)
    if not collects(cause):
        state = f"in namespace {cause.image.metadata.namespace}, where an owner counts for nothing"
        lived = write.change.at - (parse(write.image.metadata.creation_timestamp) or 0.0)
        other = other or ("a client: it was left there until now" if lived > _SOON else "")
    why = f"Its owner {named(cause.image)} is {state}, and nothing else owns it."
    open_ = hidden or bool(other)
    if hidden:
        why = f"{why} The garbage collector, or the namespace controller: {_NOT_SHOWN}"
    elif other:
        why = f"{why} The garbage collector, or {other}."
    return Verdict(
        rule="collected",
        actor="unknown" if open_ else "garbage-collector",
        verb="delete",
        what=deletion(write, "Somebody" if open_ else "The garbage collector"),
        why=why,
        who_grade="unknown" if open_ else "inferred",
        why_grade="inferred",
        causes=(cause,),
        evidence=(proofs.saw(write), *proofs.owned(write)),
        source_url=sources.GARBAGE_COLLECTION,
        loop=None
        if open_
        else Loop(seen(cause), "1 owner named, 0 exist", f"deleted {named(write.image)}", 1, 0),
    )


_SOON = 300.0
"""Seconds from its creation within which what has no owner in its namespace is collected."""
_NOT_SHOWN = "whether its namespace is being deleted is not shown."
