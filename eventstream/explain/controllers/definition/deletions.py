"""A type that is being deleted takes all objects of it along."""

from eventstream.explain.attribution import evidence
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.marks import mark_of
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict
from eventstream.objects.kinds import is_built_in


def by_type(view: View) -> Verdict | None:
    """A CustomResourceDefinition is being deleted: the API server deletes its custom resources.

    Source: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go,
    deleteInstances.
    """
    write = view.write
    resource = write.change.resource
    if is_built_in(write.image.api_version):
        return None
    name = f"{resource.plural}.{resource.group}"
    cause = view.by_name("CustomResourceDefinition", None, name)
    if cause is None or not (cause.gone or cause.image.metadata.deletion_timestamp):
        return None
    return Verdict(
        rule="type-deleted",
        actor="api-server",
        verb="delete",
        what=deletion(write, "The API server", marks=True),
        why=f"Its type, {named(cause.image)}, is being deleted, and all objects of it with it.",
        who_grade="inferred",
        why_grade="inferred",
        causes=(mark_of(view, cause),),
        evidence=(evidence.saw(write),),
        source_url=sources.DEFINITION_FINALIZER,
        loop=Loop(seen(cause), "no object of this type desired, 1 found", "deleted it"),
    )
