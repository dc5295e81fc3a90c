"""How an object stands: the way to what is known of its kind."""

from eventstream.explain.controllers.custom import outlook as customs
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.controllers.shared.leaving import leaving
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.workloads import CronJobSpec


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of an object that exists; `write` is its newest version."""
    image = write.image
    if image.metadata.deletion_timestamp:
        return leaving(snapshot, write)
    own = behaviour_of(image).assess
    if own is not None:
        return own(snapshot, write, began)
    if not is_built_in(image.api_version):
        return customs.assess(snapshot, write, began, assess)
    return Outlook("complete", _stored(image), ended=when(write))


def _stored(image: Image) -> str:
    spec = image.spec
    if not isinstance(spec, CronJobSpec):
        return f"{named(image)} is stored."
    if spec.suspend:
        return f"{named(image)} is suspended: it creates no Jobs until it is resumed."
    return f"{named(image)} creates a Job whenever its schedule ({spec.schedule}) is due."
