"""What extends the API: CustomResourceDefinitions, and APIServices, whose server is another one.

The API server accepts a type, serves it, and takes it away again: a type that is being deleted
takes all objects of it along. An APIService that is not available breaks discovery for the whole
cluster.
Sources:
staging/src/k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go,
calculateNamesAndConditions;
staging/src/k8s.io/apiextensions-apiserver/pkg/controller/nonstructuralschema/nonstructuralschema_controller.go,
calculateCondition;
staging/src/k8s.io/kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go,
sync.
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.pods import condition, is_true
from eventstream.explain.world.text import named, parse, said_by, seen, sentence, told_changes, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.kinds import is_built_in
from eventstream.objects.pods import Condition


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
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.DEFINITION_STATUS,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "no object of this type desired"
            if leaving
            else "the names that it asks for with those that are taken",
            "served the type" if established else "wrote its conditions",
        ),
    )


def available(view: View, who: Writer) -> Verdict | None:
    """The API server reported whether the server behind an APIService answers."""
    write = view.write
    if who.manager != "kube-apiserver" or who.subresource != "status":
        return None
    cause, found = view.last_spec_change(write.log.uid), condition(write.image, "Available")
    news = f"condition Available is {found.status} ({found.reason})" if found else ""
    news = news or told_changes(write.changes)
    return Verdict(
        rule="definition-reported",
        actor="api-server",
        actor_name=who.manager,
        verb="report",
        subresource="status",
        what=f"The API server reported in the status of {named(write.image)}: {news}.",
        why="It asks the server behind it again and again whether it answers."
        if getattr(write.image.spec, "service", None)
        else "It serves this API itself.",
        who_grade="reported",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.API_SERVICE_STATUS,
        loop=Loop(named(write.image), "a server that answers desired", f"reported {news}"),
    )


def _became(write: Write, name: str) -> bool:
    after, before = condition(write.image, name), condition(write.before, name)
    return bool(after and after.status == "True" and not (before and before.status == "True"))


def _client_write(view: View) -> Write | None:
    for write in view.backwards(view.write.log.uid):
        if write.base or write.decision.begins:
            return write
    return None


def assess_definition(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
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
    found = condition(write.image, "Established")
    since = parse(found.last_transition_time) if found is not None else None
    began = since or when(write)
    holding = Holding(1, "api-server", "", began, waiting_for, wait="establish", about=write)
    return pending([holding], stages, snapshot, "")


def _refusal(write: Write) -> Trouble | None:
    """What the API server does not accept of the definition, in its own words."""
    name = write.image.metadata.name
    accepted = condition(write.image, "NamesAccepted")
    if accepted is not None and accepted.status == "False":
        what = f"The names of the type {name} are not accepted, so that it is not served"
        if is_true(write.image, "Established"):
            what = f"The names of the type {name} are not accepted as they are now asked for"
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
        causes=(view.mark_of(cause),),
        evidence=(proofs.saw(write),),
        source_url=sources.DEFINITION_FINALIZER,
        loop=Loop(seen(cause), "no object of this type desired, 1 found", "deleted it"),
    )


_STARTING = 30.0
"""Seconds for which a server may be away, as while its Pod is replaced, before it is a trouble."""


def assess_api_service(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of an APIService: done while its server answers."""
    name, found = named(write.image), condition(write.image, "Available")
    if found is None:
        return unknown(write, f"{name} does not say yet whether it is available.")
    if found.status == "True":
        return complete(write, f"{name} is available.")
    said = sentence(said_by(found.message, found.reason) or "it says no reason")
    since = parse(found.last_transition_time) or when(write)
    service = getattr(write.image.spec, "service", None)
    where = f"Service {service.name} in namespace {service.namespace}" if service else "its server"
    waiting_for = f"{where} to answer for {name}: {said.rstrip('.')}"
    plain = Holding(1, "client", "", since, waiting_for, patient=True, about=write)
    if snapshot.now - since < _STARTING:
        return pending([plain], (), snapshot, "")
    detail = f"{name} is not available, so that nobody can use or discover what it serves: {said}"
    wrong = Trouble("not-ready", detail, (proofs.says(write, found),), commands.describe(write))
    return pending([troubled(plain, wrong)], (), snapshot, "")


BEHAVIOURS = (
    Behaviour(
        kind=kinds.DEFINITION,
        rules={kinds.DEFINITION: Rules(reports=(reported,))},
        assess=assess_definition,
    ),
    Behaviour(
        kind=kinds.API_SERVICE,
        rules={kinds.API_SERVICE: Rules(reports=(available,))},
        assess=assess_api_service,
    ),
)
