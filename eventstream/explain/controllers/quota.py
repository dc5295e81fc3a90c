"""A ResourceQuota: what admission charges to it, and whether its controller took it over.

Source: pkg/controller/resourcequota/resource_quota_controller.go, syncResourceQuota.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared.conventions import complete
from eventstream.explain.outlook.holding import Holding, Outlook, pending
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, told_changes, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


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


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a quota: done once its status has the limits of its spec."""
    image = write.image
    hard = getattr(image.spec, "hard", None) or {}
    if hard == (getattr(image.status, "hard", None) or {}):
        return complete(write, f"{named(image)} is in force.")
    waiting_for = f"the status of {named(image)} to follow"
    actor = "resourcequota-controller"
    held = Holding(1, actor, "", when(write), waiting_for, wait="report-status", about=write)
    return pending([held], (), snapshot, "")


BEHAVIOURS = (
    Behaviour(
        kind=kinds.QUOTA,
        assess=assess,
        rules={kinds.QUOTA: Rules(reports=(quota_charged,))},
    ),
)
