"""What a namespace that is to go waits for: its content, or an API that cannot be asked for it.

Sources: pkg/controller/namespace/deletion/namespaced_resources_deleter.go;
pkg/controller/namespace/deletion/status_condition_utils.go.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import named, said_by, when
from eventstream.explain.world.writes import Write

_CONTENT = ("NamespaceFinalizersRemaining", "NamespaceContentRemaining")
_FAILURES = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
)


def emptied(write: Write) -> Holding:
    """A namespace goes when its content has gone; its conditions say what has not.

    Source: pkg/controller/namespace/deletion/status_condition_utils.go.
    """
    found = [condition(write.image, name) for name in (*_FAILURES, *_CONTENT)]
    told = [said for said in found if said is not None and said.status == "True"]
    waiting_for = f"{named(write.image)} to be removed"
    late, actor, name = "terminating-slow", "namespace-controller", ""
    if told:
        waiting_for = f"{waiting_for}: {said_by(told[0].message, told[0].type).rstrip('.')}"
        stuck = next((said for said in told if said.type == _CONTENT[0]), None)
        if stuck is told[0]:
            late, actor = "finalizer-stuck", "custom-controller"
            name = (stuck.message or "").partition(": ")[2].partition(" in ")[0]
    return Holding(
        2,
        actor,
        name,
        when(write),
        waiting_for,
        late=late,
        wait="empty-namespace",
        about=write,
        evidence=tuple(proofs.says(write, said) for said in told),
        command=commands.read(write),
    )


def slowly(space: Write, stopping: Holding | None) -> Holding | None:
    """The wait for a Pod in it that is still given time to stop; None where that is not all.

    Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go,
    estimateGracefulTermination (until then it is only looked at again).
    """
    wrong = (condition(space.image, name) for name in _FAILURES)
    if stopping is None or any(said is not None and said.status == "True" for said in wrong):
        return None
    waiting_for = f"{stopping.waiting_for}, in {named(space.image)}, which is to go"
    return msgspec.structs.replace(stopping, waiting_for=waiting_for)


def undiscovered(snapshot: Snapshot, space: Write, plain: Holding) -> Holding | None:
    """The wait of a namespace for the server behind an APIService that is seen to be away.

    Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go,
    deleteAllContent (a failed discovery fails the deletion, which is tried again).
    """
    found = condition(space.image, _FAILURES[0])
    if found is None or found.status != "True":
        return None
    for log in list(snapshot.world.logs.values()):
        service = snapshot.alive(log) if is_a(log.ref, kinds.API_SERVICE) else None
        there = condition(service.image, "Available") if service is not None else None
        if service is None or there is None or there.status != "False":
            continue
        version, _, group = log.ref.name.partition(".")
        if f"{group}/{version}" not in (found.message or ""):
            continue
        away = said_by(there.message, there.reason).rstrip(".")
        name = named(service.image)
        waiting_for = f"{named(space.image)} to be removed, which takes {name} to be available"
        wrong = Trouble(
            "terminating-slow",
            f"{named(space.image)} is not removed while {name} is not available, as what it holds "
            f"of that API cannot be listed: {away}.",
            (*plain.evidence, proofs.says(service, there)),
            commands.describe(service),
            holder="client",
        )
        return troubled(msgspec.structs.replace(plain, waiting_for=waiting_for), wrong)
    return None
