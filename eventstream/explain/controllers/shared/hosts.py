"""A node whose kubelet says itself that it is not ready: why, and how long that usually takes.

Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-status
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import parse, said_by, when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import Condition


def silent(host: Write, ready: Condition) -> str:
    """That a kubelet does not report any more, with what its node's condition says; a clause."""
    since = f" since {ready.last_transition_time}" if ready.last_transition_time else ""
    said = said_by(ready.message, ready.reason).rstrip(".")
    told = f" ({said})" if said else ""
    return f"The kubelet on {host.image.metadata.name} has not reported{since}{told}"


def unready(host: Write, who: str) -> Holding | None:
    """The wait for a node to be ready, which is called `who`; None where its Ready is not False."""
    ready = condition(host.image, "Ready")
    if ready is None or ready.status != "False":
        return None
    said = (said_by(ready.message, ready.reason) or "it does not say why").rstrip(".")
    return Holding(
        1,
        "kubelet",
        host.image.metadata.name,
        parse(ready.last_transition_time) or when(host),
        f"{who} to be ready: {said}",
        late="not-ready",
        wait="node-ready",
        about=host,
        evidence=(proofs.says(host, ready),),
        command=commands.describe(host),
    )
