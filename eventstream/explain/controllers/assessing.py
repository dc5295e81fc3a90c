"""How an object stands: the way to what is known of its kind."""

from eventstream.explain.controllers.custom import outlook as customs
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.controllers.shared.conventions import untaught
from eventstream.explain.controllers.shared.leaving import leaving
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of an object that exists; `write` is its newest version.

    Of a kind that nobody taught Baton it is `unknown` when one is done.
    """
    image = write.image
    if image.metadata.deletion_timestamp:
        return leaving(snapshot, write)
    own = behaviour_of(image).assess
    if own is not None:
        return own(snapshot, write, began)
    if not is_built_in(image.api_version):
        return customs.assess(snapshot, write, began, assess)
    return untaught(write)
