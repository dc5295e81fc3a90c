"""The names that rules have, and what is said of each.

A `Verdict` carries a `RuleName`, so the type checker refuses a name that is not listed here, and
a test refuses one that `documented.rules` has no entry for.
"""

from typing import Literal

import msgspec

RuleName = Literal[
    "adopted",
    "audited",
    "autoscaled",
    "bound",
    "broadcast",
    "budget-charged",
    "claim-bound",
    "claim-made",
    "claim-retention",
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
