"""Groups the versions that one request makes: a Pod's last two come of one deletion.

A deletion without grace sets the grace period to 0 and then removes the object.
Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, Delete.
"""

import msgspec

from eventstream.explain.writes import Write


class Unit(msgspec.Struct, frozen=True):
    """The versions of one object that one request made, in their order."""

    writes: tuple[Write, ...]

    @property
    def first(self) -> Write:
        """The version that shows what was asked for."""
        return self.writes[0]


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


def _ends(before: Write, write: Write) -> bool:
    metadata = before.image.metadata
    return (
        write.gone
        and write.log is before.log
        and not before.gone
        and metadata.deletion_grace_period_seconds == 0
        and bool(metadata.deletion_timestamp)
        and not metadata.finalizers
        and (write.before is None or write.before.metadata.resource_version == before.image.version)
    )
