"""Says which ResourceClaims a Pod waits for before the scheduler looks for a node at all.

One that is made of a template has its name in the Pod's status once it is there, and none where the
Pod needs none. Which claims there are Baton does not watch.
Sources: pkg/controller/resourceclaim/controller.go, syncPod, handleClaim (the status, and Event
FailedResourceClaimCreation); pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go,
PreEnqueue; https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared.refusals import perhaps_refused
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.notes import recency, said
from eventstream.explain.world.text import listing, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import PodSpec, PodStatus

SCHEDULE = 3
"""Rank of a Pod's placing among the stages of a rollout."""

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


def claiming(snapshot: Snapshot, write: Write, since: float) -> Holding | None:
    """The wait for ResourceClaims, without which the scheduler passes the Pod over, saying nothing.

    None where it asks for none that may be lacking.
    """
    name = write.image.metadata.name
    lacking = unmade(snapshot, write)
    if lacking is not None:
        waiting_for = f"the ResourceClaims of Pod {name}, without which it is not scheduled"
        plain = Holding(SCHEDULE, "client", "", since, waiting_for, about=write)
        detail = sentence(f"Pod {name} is not scheduled: {lacking.said}")
        wrong = Trouble("spec-invalid", detail, lacking.evidence, commands.describe(write))
        return troubled(plain, wrong)
    to_make, by_name = _asked(write)
    if to_make:
        return _made(snapshot, write, since, to_make)
    if not by_name:
        return None
    which = f"ResourceClaim{'s' if len(by_name) > 1 else ''} {listing(by_name)}"
    waiting_for = (
        f"a node for Pod {name}, for which {which} has to be there: Baton does not watch "
        "ResourceClaims"
    )
    return Holding(SCHEDULE, "scheduler", "", since, waiting_for, patient=True, about=write)


def _made(snapshot: Snapshot, write: Write, since: float, names: list[str]) -> Holding:
    many = "s" if len(names) > 1 else ""
    name = write.image.metadata.name
    waiting_for = f"the ResourceClaim{many} {listing(names)} of Pod {name} to be made"
    actor, wait = "resourceclaim-controller", "create-claims"
    plain = Holding(SCHEDULE, actor, "", since, waiting_for, wait=wait, about=write)
    return perhaps_refused(snapshot, plain)


def _asked(write: Write) -> tuple[list[str], list[str]]:
    """The names of claims in the Pod that are still to be made, and of claims of others."""
    spec, status = write.image.spec, write.image.status
    if not isinstance(spec, PodSpec) or not spec.resource_claims:
        return [], []
    told = status.resource_claim_statuses if isinstance(status, PodStatus) else ()
    made = {found.name for found in told}
    to_make = [
        asked.name
        for asked in spec.resource_claims
        if asked.resource_claim_template_name and asked.name not in made
    ]
    by_name = [each.resource_claim_name for each in spec.resource_claims]
    return to_make, [name for name in by_name if name]


def claimed(write: Write, since: float) -> float:
    """Since when a Pod without a node is the scheduler's: from when its last claim was made."""
    log = write.log
    if not getattr(write.image.spec, "resource_claims", ()):
        return since
    for index in range(log.position(write.order) - 1, -1, -1):
        if _asked(log.writes[index])[0]:
            return max(since, when(log.writes[index + 1]))
    return since
