"""How a CronJob stands: it never ends, and is done once it is stored.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write
from eventstream.objects.workloads import CronJobSpec


def assess(_snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a CronJob that exists."""
    name, spec = named(write.image), write.image.spec
    if not isinstance(spec, CronJobSpec):
        return unknown(write, f"{name} is not as the API documents it; see its flags.")
    if spec.suspend:
        return complete(write, f"{name} is suspended: it creates no Jobs until it is resumed.")
    return complete(write, f"{name} creates a Job whenever its schedule ({spec.schedule}) is due.")
