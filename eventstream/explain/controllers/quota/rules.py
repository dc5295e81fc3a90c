"""What admission writes to a ResourceQuota."""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict


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
