"""CustomResourceDefinitions: the API server accepts a type, serves it, and takes it away again."""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


def reported(view: View, who: Writer) -> Verdict | None:
    """The API server accepted a CustomResourceDefinition's names and established its type."""
    write = view.write
    if write.image.kind != "CustomResourceDefinition" or who.manager != "kube-apiserver":
        return None
    cause = _client_write(view)
    leaving = condition(write.image, "Terminating")
    established = _became(write, "Established")
    accepted = _became(write, "NamesAccepted")
    names = getattr(write.image.spec, "names", None)
    kind = getattr(names, "kind", "") or write.image.metadata.name
    if established:
        what = f"The API server established the type {kind}: it serves it from now on."
    elif accepted:
        what = f"The API server accepted the names of the type {kind}."
    elif leaving is not None and leaving.status == "True":
        what = f"The API server is deleting all {kind} objects, since their type is to go."
    elif leaving is not None and leaving.reason == "InstanceDeletionCompleted":
        what = f"The API server has deleted all {kind} objects."
    else:
        news = told_changes(write.changes)
        what = f"The API server updated the status of {named(write.image)}: {news}."
    return Verdict(
        rule="type-established" if established else "definition-reported",
        actor="api-server",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=what,
        why=f"It had received {seen(cause)}."
        if cause
        else "It looks after the types that it serves.",
        who_grade="reported",
        why_grade="inferred" if cause else "unknown",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=sources.DEFINITION_STATUS,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "no object of this type desired"
            if leaving
            else "the names that it asks for with those that are taken",
            "served the type" if established else "wrote its conditions",
        ),
    )


def _became(write: Write, name: str) -> bool:
    after, before = condition(write.image, name), condition(write.before, name)
    return bool(after and after.status == "True" and not (before and before.status == "True"))


def _client_write(view: View) -> Write | None:
    for write in view.backwards(view.write.log.uid):
        if write.base or write.decision.begins:
            return write
    return None
