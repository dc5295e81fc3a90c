"""Devices that a Pod asks for by a ResourceClaim: why the claim is not made, or not prepared.

Sources: pkg/controller/resourceclaim/controller.go (Event FailedResourceClaimCreation);
pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go (what the scheduler says);
pkg/kubelet/events/event.go (Event FailedPrepareDynamicResources).
"""

import msgspec

from eventstream.explain.outlook import proofs
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.notes import recency, said
from eventstream.explain.world.writes import Write

_NOT_MADE = "FailedResourceClaimCreation"


class Unmade(msgspec.Struct, frozen=True, gc=False):
    """Why a ResourceClaim could not be made, as a clause, and the Event that says so."""

    said: str
    evidence: tuple[Evidence, ...]


def unmade(snapshot: Snapshot, write: Write) -> Unmade | None:
    """What keeps a claim of the Pod from being made; None where nobody says so."""
    newest = max(snapshot.notes(write.log, _NOT_MADE), key=recency, default=None)
    if newest is None:
        return None
    text = f"its ResourceClaim cannot be made: {said(newest).rstrip('.')}"
    return Unmade(text, proofs.events([newest]))
