"""How a CustomResourceDefinition stands: its names accepted, its type served.

Sources:
staging/src/k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go,
calculateNamesAndConditions;
staging/src/k8s.io/apiextensions-apiserver/pkg/controller/nonstructuralschema/nonstructuralschema_controller.go,
calculateCondition.
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import condition, is_true
from eventstream.explain.world.text import said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import Condition


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a CustomResourceDefinition that exists."""
    established = int(is_true(write.image, "Established"))
    accepted = int(established or is_true(write.image, "NamesAccepted"))
    stages = staged(
        [("stored", 1, 1), ("names accepted", accepted, 1), ("established", established, 1)]
    )
    name = write.image.metadata.name
    refusal = _refusal(write)
    if refusal is not None:
        held = Holding(1, "client", "", when(write), f"the type {name} to be changed", about=write)
        return pending([troubled(held, refusal)], stages, snapshot, "")
    if established:
        summary = f"The type {write.image.spec.names.kind} is served."
        return Outlook("complete", summary, (), stages, when(write))
    waiting_for = f"the type {name} to be established"
    holding = Holding(1, "api-server", "", when(write), waiting_for, wait="establish", about=write)
    return pending([holding], stages, snapshot, "")


def _refusal(write: Write) -> Trouble | None:
    """What the API server does not accept of the definition, in its own words."""
    name = write.image.metadata.name
    accepted = condition(write.image, "NamesAccepted")
    if accepted is not None and accepted.status == "False":
        what = f"The names of the type {name} are not accepted, so that it is not served"
        return _trouble(write, what, accepted)
    loose = condition(write.image, "NonStructuralSchema")
    if loose is not None and loose.status == "True":
        return _trouble(write, f"The schema of the type {name} is not structural", loose)
    approved = condition(write.image, "KubernetesAPIApprovalPolicyConformant")
    if approved is not None and approved.status == "False":
        return _trouble(write, f"The type {name} is in a protected group", approved)
    return None


def _trouble(write: Write, what: str, found: Condition) -> Trouble:
    detail = sentence(f"{what}: {said_by(found.message, found.reason) or 'it says no reason'}")
    return Trouble("not-ready", detail, (proofs.says(write, found),), commands.describe(write))
