"""About history itself: how far it reaches, whose it is, how it is being written."""

import time
from collections.abc import Iterator

import msgspec
from django.db import DEFAULT_DB_ALIAS

from eventstream import letgo, pulse
from eventstream.history.answers import ClusterStatus, Counts, FilterChoices, Stored
from eventstream.history.databases import current
from eventstream.history.problems import storing
from eventstream.history.reading import stored_gap
from eventstream.letgo import LetGo
from eventstream.models import (
    AuditLogRow,
    ClusterRow,
    CoverageRow,
    GapRow,
    InstallationRow,
    StepRow,
    TraceRow,
)
from eventstream.objects.observations import AuditLog, Coverage, Gap
from eventstream.pulse import Holds

CHOICES_MOST = 500
"""So many namespaces, kinds and actors are offered to filter by; a search finds the others."""

_log = msgspec.json.Decoder(AuditLog)
_coverage = msgspec.json.Decoder(Coverage)


def epoch() -> str:
    """A random name of this database: seqs of another epoch mean nothing in this one.

    "" while nothing was ever stored in it.
    """
    return _installation().epoch


def head() -> int:
    """The latest seq; read it before the rows of a page, and ask for changes since it after."""
    return _installation().seq


def floor() -> int:
    """The lowest seq that changes can be asked since: retention deleted what came before."""
    return _installation().floor


def _installation() -> InstallationRow:
    """The row about this database, or one like it of a database that holds nothing yet."""
    return InstallationRow.objects.filter(id=1).first() or InstallationRow(id=1)


def cluster() -> ClusterStatus | None:
    """The cluster that this history is about, None when nothing was ever watched.

    Who can't store what is seen can't store that either, and says so in `storing` instead.
    """
    row = ClusterRow.objects.order_by("-heartbeat").first()
    trouble = storing.trouble() if current() == DEFAULT_DB_ALIAS else None
    if row is None and trouble is None:
        return None
    row = row or ClusterRow()
    return ClusterStatus(
        uid=row.uid,
        name=row.name,
        server=row.server,
        version=row.version,
        heartbeat=row.heartbeat if trouble is None else time.time(),
        last_observation_at=row.observed,
        lag=row.lag,
        problem=None if trouble is None else trouble.problem,
    )


def holds() -> Holds:
    """How often and long this process's loop was held: never in a recording."""
    return pulse.holds() if current() == DEFAULT_DB_ALIAS else Holds()


def let_go() -> LetGo:
    """How much of what went on was let go of for want of room: never of a recording."""
    return letgo.so_far() if current() == DEFAULT_DB_ALIAS else LetGo()


def coverage() -> list[Coverage]:
    """How well each resource is being watched, sorted by its key."""
    bodies = CoverageRow.objects.order_by("resource").values_list("body", flat=True)
    return [_coverage.decode(bytes(body)) for body in bodies]


def audit_logs() -> list[AuditLog]:
    """How following each audit log goes, sorted by path; none where none is followed."""
    bodies = AuditLogRow.objects.order_by("path").values_list("body", flat=True)
    return [_log.decode(bytes(body)) for body in bodies]


def gaps(limit: int = 100) -> list[Stored[Gap]]:
    """What nobody saw, the latest first, at most `limit`."""
    return [stored_gap(row) for row in GapRow.objects.order_by("-seq")[:limit]]


def counts() -> Counts:
    """How many traces and steps there are."""
    background = TraceRow.objects.filter(background=True).count()
    foreground = TraceRow.objects.filter(background=False).count()
    return Counts(foreground, background, StepRow.objects.count())


def choices() -> FilterChoices:
    """Namespaces, kinds and actors that occur in history, CHOICES_MOST of each at most."""
    return FilterChoices(
        namespaces=_distinct("namespace"),
        kinds=_distinct("kind"),
        actors=tuple(sorted({*_actors(), *_distinct("holder")})[:CHOICES_MOST]),
    )


def _distinct(column: str) -> tuple[str, ...]:
    values = TraceRow.objects.exclude(**{column: ""}).values_list(column, flat=True)
    return tuple(values.order_by(column).distinct()[:CHOICES_MOST])


def _actors() -> Iterator[str]:
    """Each actor once: one look into the index for each, however many steps there are."""
    names = StepRow.objects.order_by("actor").values_list("actor", flat=True)
    name = names.first()
    for _ in range(CHOICES_MOST):
        if name is None:
            return
        yield name
        name = names.filter(actor__gt=name).first()
