"""An APIService: whether it is available, without which discovery breaks for the whole cluster.

Source:
staging/src/k8s.io/kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go,
sync.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import named, parse, said_by, sentence, when
from eventstream.explain.world.writes import Write

_STARTING = 30.0
"""Seconds for which a server may be away, as while its Pod is replaced, before it is a trouble."""


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
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


BEHAVIOURS = (Behaviour(kind=kinds.API_SERVICE, assess=assess),)
"""Writes to them are the API server's own, or a client's, which managedFields tell."""
