"""How a PodDisruptionBudget stands: in force once its controller has counted.

Source: pkg/controller/disruption/disruption.go, trySync, failSafe, updatePdbStatus.
"""

from eventstream.explain.controllers.shared.conventions import complete
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.cluster_kinds import BudgetStatus
from eventstream.objects.images import Image


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a budget: done once its newest generation is observed and could be counted."""
    image = write.image
    name = named(image)
    failed = condition(image, "DisruptionAllowed")
    if failed is not None and failed.reason == "SyncFailed":
        said = sentence(said_by(failed.message, "it says no reason"))
        detail = f"{name} lets no Pod go, as it cannot be counted what it protects: {said}"
        notes = snapshot.notes(write.log, "CalculateExpectedPodCountFailed", "NoControllers")
        evidence = (proofs.says(write, failed), *proofs.events(notes))
        wrong = Trouble("spec-invalid", detail, evidence, commands.describe(write))
        plain = Holding(1, "client", "", when(write), f"{name} to be changed", about=write)
        return pending([troubled(plain, wrong)], (), snapshot, "")
    observed = getattr(image.status, "observed_generation", None) or 0
    if observed and observed >= (image.metadata.generation or 0):
        return complete(write, _in_force(image))
    waiting_for = f"the status of {name} to follow"
    actor = "disruption-controller"
    held = Holding(1, actor, "", when(write), waiting_for, wait="report-status", about=write)
    return pending([held], (), snapshot, "")


def _in_force(image: Image) -> str:
    """What a budget allows now, and why it allows nothing, where that is so."""
    name, status = named(image), image.status
    allowed = getattr(status, "disruptions_allowed", 0)
    if allowed or not isinstance(status, BudgetStatus):
        return f"{name} is in force and allows {count(allowed, 'disruption')} now."
    if not status.expected_pods:
        return f"{name} is in force and allows no disruption: it selects no Pods."
    healthy = f"{status.current_healthy} of {count(status.expected_pods, 'Pod')} healthy"
    never = status.current_healthy >= status.expected_pods
    ever = "; no Pod may ever be evicted while it is so" if never else ""
    return (
        f"{name} is in force and allows no disruption now: {healthy}, and "
        f"{status.desired_healthy} required{ever}."
    )
