"""Groups the versions that one request makes: a Pod's last two come of one deletion.

A deletion without grace sets the grace period to 0 and then removes the object.
Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, Delete.
"""

from functools import cached_property

from eventstream.explain.attribution.writers import writer
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image


class Unit:
    """The versions of one object that one request made, in their order.

    What each request is compared with is worked out once, as bursts compare all with all.
    """

    def __init__(self, writes: tuple[Write, ...]) -> None:
        self.writes = writes
        self.first = writes[0]  # It shows what was asked for.

    @cached_property
    def deletes(self) -> bool:
        """Whether it is part of a deletion."""
        return marks_deletion(self.first)

    @cached_property
    def who(self) -> Writer:
        """Who wrote, as far as managedFields tells."""
        return writer(self.first)


def units(writes: list[Write]) -> list[Unit]:
    """The writes, which are in order of resourceVersion, by request."""
    found: list[Unit] = []
    for write in writes:
        last = found[-1].writes if found else ()
        if last and _ends(last[-1], write):
            found[-1] = Unit((*last, write))
        else:
            found.append(Unit((write,)))
    return found


def is_ending(image: Image) -> bool:
    """Whether the request that left this version is about to remove the object as well."""
    metadata = image.metadata
    return (
        metadata.deletion_grace_period_seconds == 0
        and bool(metadata.deletion_timestamp)
        and not metadata.finalizers
    )


def _ends(before: Write, write: Write) -> bool:
    return (
        write.gone
        and write.log is before.log
        and not before.gone
        and is_ending(before.image)
        and (write.before is None or write.before.metadata.resource_version == before.image.version)
    )
