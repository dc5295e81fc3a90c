"""When a kind is done whose controller has little to say: the stated conventions, with sources.

What no rule and no convention reaches is `unknown`: to call it complete would be a guess.
"""

from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named, when
from eventstream.explain.world.writes import Write


def complete(write: Write, says: str) -> Outlook:
    """Complete since this version, in one sentence that says by what."""
    return Outlook("complete", says, ended=when(write))


def unknown(write: Write, says: str) -> Outlook:
    """Not known to be done, in one sentence that says why not."""
    return Outlook("unknown", says, ended=when(write))


def untaught(write: Write, why: str = "") -> Outlook:
    """Nobody taught Baton when this kind is done; `why` is one more sentence, if there is one."""
    said = f"Baton does not know when {_article(write.image.kind)} is done."
    return unknown(write, f"{said} {why}".rstrip())


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIO' else 'a'} {kind}" if kind else "an object without a kind"


def stored(_snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """Mere data, on which nobody has to act: it is done once it is stored.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
    """
    return complete(write, f"{named(write.image)} is stored; nobody has to act on it.")
