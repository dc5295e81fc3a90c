"""Deletions: nobody is named in the object, so who asked is told from what else happened.

What can be known: the owner is gone (garbage collector); a condition DisruptionTarget says who
evicted; an Event SuccessfulDelete names the Pod; the owner had more than it wanted; the step to
grace period 0 and the end of a Pod that had a node are its kubelet's. Sources: see each rule.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.attribution.writers import writer
from eventstream.explain.deletions import doubts, finalizers
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.world.tellings import Said, Telling
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


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
    doubt = doubts.doubt(view)
    if doubt:
        return left_open(view, doubt)
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
        return Said(
            what=deletion(write, "Somebody" if self.doubt else "A client"),
            why=self.doubt or wanted,
            evidence=(
                evidence.saw(write),
                *evidence.owned(write),
                *evidence.nobody(writer(write)),
            ),
        )


_WANTED = (
    "Its owner exists, and no controller had a reason to delete it. "
    "The object does not say which client asked."
)
_UNOWNED = (
    "Nothing owns it, so no controller had a reason to. The object does not say which client asked."
)
