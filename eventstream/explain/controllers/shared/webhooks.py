"""Says why a webhook that has to be asked does not answer: what its Service leads to.

The API server names the Service by its address where the call fails.
Source: staging/src/k8s.io/apiserver/pkg/util/webhook/serviceresolver.go, ResolveEndpoint.
"""

from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named
from eventstream.expressions import expression

_SERVICE = expression(r"failed calling webhook .*https://([a-z0-9-]+)\.([a-z0-9-]+)\.svc[:/]")


def unanswered(snapshot: Snapshot, message: str) -> str:
    """What the Service of a webhook that cannot be called waits for, as a sentence.

    Empty where the message names none, and where it was not seen or is in order.
    """
    called = _SERVICE.search(message)
    found = snapshot.by_name("Service", called[2], called[1]) if called is not None else None
    if called is None or found is None or found.gone:
        return ""
    assess = behaviour_of(found.image).assess
    outlook = assess(snapshot, found, None) if assess is not None else None
    first = outlook.first if outlook is not None else None
    if outlook is None or first is None:
        return ""
    if first.about is not None:
        snapshot.warned(first.about.log, first.since)  # It may be told with the wait.
    return f" It is called through {named(found.image)} of namespace {called[2]}: {outlook.summary}"
