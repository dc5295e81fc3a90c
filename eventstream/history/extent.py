"""How much history there is: what it takes of its disk, and how far back it is whole."""

import time

import msgspec
from django.conf import settings

from eventstream.dialects import dialect
from eventstream.models import InstallationRow, MomentRow

MEBIBYTE = 1 << 20


class Extent(msgspec.Struct, frozen=True):
    """Bytes on disk, of all files together and at most, and since when nothing was deleted.

    `since` (unix seconds) is None while nothing was stored. None of it knows what is in there.
    """

    bytes: int
    most: int
    since: float | None

    @property
    def mebibytes(self) -> int:
        """The bytes on disk in MiB, of which a part counts as one."""
        return -(-self.bytes // MEBIBYTE)

    @property
    def mebibytes_most(self) -> int:
        """The same of the most that it may be."""
        return self.most // MEBIBYTE


def extent() -> Extent:
    """Return it of the live history. Moments are minutes apart, so `since` is as much too late."""
    floor = InstallationRow.objects.filter(id=1).values_list("floor", flat=True).first()
    after = MomentRow.objects.filter(seq__gte=floor or 0).order_by("seq")
    since = after.values_list("at", flat=True).first()
    if since is None and floor:  # All that is left came after the last moment.
        since = time.time()
    return Extent(dialect().stored_bytes(), int(settings.BATON_RETENTION_MB * MEBIBYTE), since)
