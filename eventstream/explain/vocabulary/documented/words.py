"""The words of every step, and what is said of each: the rule that knew it, its grades and verb.

A `Verdict` carries a `RuleName`, so the type checker refuses a name that is not listed here, and
a test refuses one that `documented.rules` has no entry for.
"""

from typing import Literal

import msgspec

from eventstream.explain.vocabulary.records import Grade, Verb

RuleName = Literal[
    "adopted",
    "audited",
    "autoscaled",
    "bound",
    "broadcast",
    "budget-charged",
    "claim-bound",
    "claim-grown",
    "claim-made",
    "claim-retention",
    "claims-noted",
    "client-changed",
    "client-created",
    "client-deleted",
    "node-taken-away",
    "client-or-controller",
    "collected",
    "companion-dropped",
    "companion-kept",
    "component",
    "custom-create",
    "custom-delete",
    "custom-patch",
    "custom-report",
    "dangling-reference",
    "defect",
    "definition-reported",
    "deletion-done",
    "deletion-shortened",
    "deletion-unknown",
    "disrupted",
    "disruption-announced",
    "disruption-withdrawn",
    "finalizer-removed",
    "found-by-list",
    "heartbeat",
    "housekeeping",
    "job-counted",
    "kubelet-finished",
    "kubelet-removed",
    "kubelet-reporting",
    "kubelet-running",
    "kubelet-starting",
    "kubelet-stopping",
    "made-for-owner",
    "mirrored",
    "namespace-emptied",
    "namespace-finalized",
    "node-heartbeat",
    "node-lost",
    "node-registered",
    "node-reported",
    "node-watched-over",
    "nominated",
    "not-scheduled",
    "orphaned",
    "pod-collected",
    "pod-failed",
    "pod-forced",
    "pod-unready",
    "program-acted",
    "quota-charged",
    "refused",
    "released",
    "replicaset-created",
    "replicaset-scaled",
    "replicaset-updated",
    "scaled-down",
    "status-reported",
    "store",
    "tended",
    "type-deleted",
    "type-established",
    "undocumented",
    "vanished",
    "volume-provisioned",
]
"""What a verdict's `rule` can be. A new rule adds its name here and its entry below."""


class DocumentedRule(msgspec.Struct, frozen=True):
    """One rule: `says` is one sentence, `actors` whose write it can be, () for anyone's.

    `sources` are the addresses in Kubernetes' source or documentation that it rests on.
    """

    name: RuleName
    says: str
    actors: tuple[str, ...]
    sources: tuple[str, ...]


class DocumentedGrade(msgspec.Struct, frozen=True):
    """How strongly a claim is supported: what the grade means, how its line looks, an example."""

    name: Grade
    meaning: str
    line: str
    example: str


class DocumentedVerb(msgspec.Struct, frozen=True):
    """What a step's verb says was done."""

    name: Verb
    meaning: str


GRADES = (
    DocumentedGrade(
        "observed",
        "the watch shows it",
        "solid",
        "Pod nginx-1 exists, at resourceVersion 16012: the watch delivered it.",
    ),
    DocumentedGrade(
        "audited",
        "an audit record shows the request",
        "double",
        "The audit log has the request, with its user, its program and its time.",
    ),
    DocumentedGrade(
        "reported",
        "the acting component says so",
        "thin",
        "An Event of the ReplicaSet controller says that it created the Pod; or an entry in "
        "managedFields names the writer.",
    ),
    DocumentedGrade(
        "inferred",
        "the documented sequence requires it",
        "dashed",
        "Only the scheduler named in a Pod binds it, so a Pod with a node was bound by that one.",
    ),
    DocumentedGrade(
        "unknown",
        "nothing shows it, and nothing is guessed",
        "dotted, with a question mark",
        "A deletion leaves no name in the object, and two could have asked for it.",
    ),
)
"""The strongest first."""

VERBS = (
    DocumentedVerb("create", "An object was created."),
    DocumentedVerb(
        "update",
        "An object was changed, as a whole or in part: field management does not tell PUT from "
        "PATCH, an audit log does.",
    ),
    DocumentedVerb("patch", "Some fields of an object were changed."),
    DocumentedVerb("delete", "An object was deleted, or marked for deletion, or let go."),
    DocumentedVerb("bind", "A Pod was given its node, by the binding subresource."),
    DocumentedVerb(
        "evict", "A Pod's eviction was asked for, which a disruption budget may refuse."
    ),
    DocumentedVerb("report", "A status was written: what its writer found, not what it wants."),
    DocumentedVerb("renew", "A heartbeat: nothing changed but the time at which it was sent."),
    DocumentedVerb("store", "The API server wrote the object to etcd."),
    DocumentedVerb("broadcast", "The API server sent the new version to all who watch."),
)
