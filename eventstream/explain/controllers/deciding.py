"""Decides one write, and judges how an object stands: by the rules and outlooks of its kind.

The first rule that knows a write decides it, in phases that put the certain ones first. A rule
takes the view below the write's own resourceVersion and what managedFields says, and returns a
Verdict or None. Which phases there are, and why one comes before another, `PHASES` says.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from heapq import heapify, heappop, heappush

import msgspec

from eventstream.explain.attribution.writers import writer
from eventstream.explain.controllers import autoscaler, client, extensions, namespace
from eventstream.explain.controllers.custom import outlook as standing
from eventstream.explain.controllers.custom import programs
from eventstream.explain.controllers.custom import rules as customs
from eventstream.explain.controllers.node import rules as nodes
from eventstream.explain.controllers.pod import disruptions, scheduler
from eventstream.explain.controllers.registry import Rule, Rules, behaviour_of, rules_of
from eventstream.explain.controllers.shared import general, makers, statuses, surplus
from eventstream.explain.controllers.shared.conventions import untaught
from eventstream.explain.controllers.shared.leaving import leaving
from eventstream.explain.deletions import finalizers
from eventstream.explain.deletions.deciding import asked_by_client, by_collector, marks_deletion
from eventstream.explain.deletions.removals import REMOVALS
from eventstream.explain.outlook.holding import Holding, Outlook, pending
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.drawn import by_view
from eventstream.explain.world.families import HIGHEST
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.kinds import is_built_in

logger = logging.getLogger(__name__)

_NONE = Rules()


class Phase(msgspec.Struct, frozen=True):
    """Rules that are asked together: `before` says why those come before all later ones.

    `own` picks what the controllers of a kind know, which is asked first; `rules` hold for any.
    """

    name: str
    before: str
    own: Callable[[Rules], tuple[Rule, ...]]
    rules: tuple[Rule, ...]


PHASES: tuple[Phase, ...] = (
    Phase(
        "reports",
        "A status is written by whoever alone reports it, whatever else the write may look like.",
        lambda rules: rules.reports,
        (statuses.reported,),
    ),
    Phase(
        "creations",
        "What has a controlling owner was made for it, and by none but the owner's controller.",
        lambda rules: rules.creations,
        (makers.made,),
    ),
    Phase(
        "ownership",
        "A changed reference to an owner says more than whatever was written along with it.",
        lambda rules: (),
        (general.changed,),
    ),
    Phase(
        "changes",
        "A field that one controller of a kind alone writes names that controller.",
        lambda rules: rules.changes,
        (finalizers.let_go, makers.tended),
    ),
    Phase(
        "custom controllers",
        "Who has shown to look after custom resources, or writes what controllers do, is no mere "
        "client.",
        lambda rules: (),
        (customs.acted, programs.acted),
    ),
    Phase(
        "components",
        "A field manager of Kubernetes' own is no client, though no rule knows the write.",
        lambda rules: (),
        (autoscaler.scaled_by_autoscaler, general.named_component),
    ),
    Phase(
        "open",
        "Where a client and a controller are as likely, neither is named.",
        lambda rules: (),
        (
            customs.undecided,
            customs.taken_away,
            makers.kept,
            customs.namesake,
            programs.unsure,
        ),
    ),
    Phase(
        "clients",
        "Whatever no component of the cluster accounts for, a client did.",
        lambda rules: (),
        (client.created, client.changed, client.by_client),
    ),
)
"""The phases in the order in which they are asked."""

Deletion = Callable[[View], Verdict | None]


class DeletionPhase(msgspec.Struct, frozen=True):
    """Rules about who deletes, asked together; `before` as for a `Phase`."""

    name: str
    before: str
    rules: tuple[Deletion, ...]


DELETIONS: tuple[DeletionPhase, ...] = (
    DeletionPhase(
        "ends",
        "What was asked for before comes to its end: nobody asks anew.",
        REMOVALS,
    ),
    DeletionPhase(
        "told by the Pod",
        "A condition or a grace period of the Pod itself says who evicts it.",
        (disruptions.deleted, disruptions.hurried),
    ),
    DeletionPhase(
        "with its namespace",
        "A namespace that goes takes everything along, whatever else would be a reason.",
        (namespace.by_namespace,),
    ),
    DeletionPhase(
        "told in an Event",
        "A controller that says what it deleted did so, even if the owner is gone by now.",
        (surplus.told, nodes.taken_away),
    ),
    DeletionPhase(
        "with its owners or its type",
        "What owns it is gone: no controller of the owner can act any more.",
        (by_collector, extensions.by_type),
    ),
    DeletionPhase(
        "too many, or kept no longer",
        "Its owner's controller had a reason of its own.",
        (surplus.scaled_down, surplus.kept_house, customs.cleaned_up, makers.dropped),
    ),
)
"""The phases of a deletion; where none knows it, a client asked, or it is left open."""


@lru_cache(maxsize=2000)
def rules_for(kind: GroupKind) -> tuple[Rule, ...]:
    """All rules that may know a write to this kind, in the order in which they are asked."""
    own = rules_of(kind)
    return tuple(
        rule
        for phase in PHASES
        for rule in (*(each for rules in own for each in phase.own(rules)), *phase.rules)
    )


_DELETION_RULES = tuple(rule for phase in DELETIONS for rule in phase.rules)


def decide(view: View) -> Verdict:
    """The verdict on one write; never None: what no rule knows is "not documented yet".

    A rule that fails is logged and becomes a verdict that says so: one odd object must not end
    the explanation of all others.
    """
    try:
        verdict = _decide(view)
    except Exception as error:
        logger.exception("A rule failed on %s.", view.write.image.metadata.name)
        verdict = general.defect(view, error)
    view.write.decision.drawn = by_view(view, verdict)
    return verdict


def decide_all(writes: Iterable[Write], decide: Callable[[Write], Iterable[Write]]) -> None:
    """Call `decide` for each write in order; it returns the writes to decide anew after it."""
    queue = [(write.order, id(write), write) for write in writes]
    heapify(queue)
    queued = {id(write) for _, _, write in queue}
    while queue:
        _, key, write = heappop(queue)
        queued.discard(key)
        for other in decide(write):
            if id(other) not in queued:
                queued.add(id(other))
                heappush(queue, (other.order, id(other), other))


def _decide(view: View) -> Verdict:
    write = view.write
    if write.change.relisted and not write.gone:
        return general.found_by_list(view)
    if marks_deletion(write):
        return _deleted(view)
    kind = group_kind(write.image.api_version, write.image.kind)
    bound = scheduler.bound(view) if kind == kinds.POD else None
    if bound is not None:
        return bound  # As no entry tells of a binding, it is not asked who the writer was.
    who = write.decision.who
    if who is None:
        who = write.decision.who = writer(write)
    for rule in rules_for(kind):
        verdict = rule(view, who)
        if verdict is not None:
            return verdict
    return general.undocumented(view, who)


def _deleted(view: View) -> Verdict:
    """The verdict on a version that marks a deletion; managedFields name nobody for it."""
    for rule in _DELETION_RULES:
        verdict = rule(view)
        if verdict is not None:
            return verdict
    return asked_by_client(view)


class Asked(msgspec.Struct, frozen=True):
    """One rule that was asked about a write: in which phase, and what it answered.

    `before` says why rules of this phase come before those of all later ones.
    """

    phase: str
    before: str
    rule: str
    verdict: Verdict | None


def why(view: View) -> list[Asked]:
    """The rules that were asked about a write, in their order; the last one's verdict counts.

    It asks them anew, as `decide` does, so that the answer can be shown and need not be kept.
    """
    asked: list[Asked] = []
    for phase, before, rule, ask in _questions(view):
        verdict = ask()
        asked.append(Asked(phase, before, _name(rule), verdict))
        if verdict is not None:
            break
    return asked


_Question = tuple[str, str, Callable[..., object], Callable[[], Verdict | None]]


def _questions(view: View) -> Iterator[_Question]:
    """Each phase's name and reason, a rule of it, and how to ask that."""
    write = view.write
    if write.change.relisted and not write.gone:
        found = general.found_by_list
        yield "new list", "What a list shows hides its writes.", found, lambda: found(view)
    elif marks_deletion(write):
        for phase in DELETIONS:
            for rule in phase.rules:
                yield phase.name, phase.before, rule, partial(rule, view)
        last = asked_by_client
        yield "nobody else", "Nobody else had a reason.", last, lambda: last(view)
    else:
        yield from _questions_about_writer(view)


def _questions_about_writer(view: View) -> Iterator[_Question]:
    write = view.write
    kind = group_kind(write.image.api_version, write.image.kind)
    if kind == kinds.POD:
        bound = scheduler.bound
        yield "binding", "No entry tells of a binding.", bound, lambda: bound(view)
    who = writer(write)
    own = rules_of(kind)
    for phase in PHASES:
        for rule in (*(each for rules in own for each in phase.own(rules)), *phase.rules):
            yield phase.name, phase.before, rule, partial(rule, view, who)
    last = general.undocumented
    yield "end of the search", "No rule knows it.", last, lambda: last(view, who)


def _name(rule: Callable[..., object]) -> str:
    """Where a rule stands in the code: `controllers.pod.kubelets.reported`."""
    return f"{rule.__module__.removeprefix('eventstream.explain.')}.{rule.__name__}"


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of an object that exists; `write` is its newest version.

    Of a kind that nobody taught Baton it is `unknown` when one is done.
    """
    image = write.image
    if image.metadata.deletion_timestamp:
        return leaving(snapshot, write)
    own = behaviour_of(image).assess
    if own is not None:
        return _with_dependents(snapshot, write, own(snapshot, write, began))
    if not is_built_in(image.api_version):
        return standing.assess(snapshot, write, began, assess)
    return untaught(write)


def _with_dependents(snapshot: Snapshot, write: Write, own: Outlook) -> Outlook:
    """The outlook of a Pod, a claim or a Deployment together with that of the Pods that it owns.

    Those of a Deployment's ReplicaSets are none of its own. Of other kinds it is their own outlook.

    A Pod may make Pods of its own, as the driver of a Spark application makes its executors, and
    give them to its Deployment instead, as Flink's job manager does; what fills a claim belongs to
    it, as the Pod of an importer does. Sources:
    https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/resource-providers/native_kubernetes/;
    https://spark.apache.org/docs/latest/running-on-kubernetes.html#client-mode-executor-pod-garbage-collection;
    https://github.com/kubevirt/containerized-data-importer/blob/c07cdb6fbd18976c44f65f1e4c0deae03e33e718/doc/datavolumes.md.
    """
    if not write.log.family.children:
        return own
    kind = group_kind(write.image.api_version, write.image.kind)
    if kind in (kinds.POD, kinds.DEPLOYMENT):
        # Without it nobody needs the others, and what is wrong with it keeps it from making more.
        if own.state == "stalled" or has_ended(write.image):
            return own
        found = _waits(snapshot, write, "Pod")
    elif kind == kinds.CLAIM:
        # The claim waits for what fills it.
        held = _waits(snapshot, write, "Pod", "PersistentVolumeClaim")
        found = [msgspec.structs.replace(one, rank=0) for one in held]
    else:
        return own
    if not found:
        return own
    return pending([*found, *own.holdings], own.stages, snapshot, "")


def _waits(snapshot: Snapshot, write: Write, *of: str) -> list[Holding]:
    """What those of these kinds that it owns wait for; one that ended may have been replaced."""
    found: list[Holding] = []
    if snapshot.level == HIGHEST:
        return found
    snapshot.level += 1
    for child in snapshot.children(write.log):
        snapshot.looked += 1
        if child.image.kind in of and not has_ended(child.image):
            found.extend(assess(snapshot, child, None).holdings)
    snapshot.level -= 1
    return found
