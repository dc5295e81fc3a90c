"""About history itself: how far it reaches, whose it is, how it is being written."""

import time
from collections.abc import Iterator

import msgspec
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, Exists, OuterRef
from msgspec.structs import replace

from eventstream import letgo, pulse
from eventstream.explain.vocabulary.records import type_name
from eventstream.history import permitted, runs
from eventstream.history.answers import ClusterStatus, Counts, FilterChoices, Stored
from eventstream.history.databases import current
from eventstream.history.problems import storing
from eventstream.history.reading import stored_gap
from eventstream.history.rights import seen
from eventstream.letgo import LetGo
from eventstream.metrics import Distribution
from eventstream.models import (
    AuditLogRow,
    ClusterRow,
    CoverageRow,
    InstallationRow,
    NameRow,
)
from eventstream.objects.kinds import is_built_in
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


def delays() -> Distribution | None:
    """How much later than meant this process's loop did its work, None where none is watched."""
    return pulse.delays()


def let_go() -> LetGo:
    """How much of what went on was let go of for want of room: never of a recording."""
    return letgo.so_far() if current() == DEFAULT_DB_ALIAS else LetGo()


def watching() -> list[Coverage]:
    """How well each resource is being watched, sorted by its key: to judge the watching as such."""
    bodies = CoverageRow.objects.order_by("resource").values_list("body", flat=True)
    return [_coverage.decode(bytes(body)) for body in bodies]


def is_behind(covered: Coverage) -> bool:
    """Whether what is shown of a resource is of an earlier time, as it is not followed any more.

    So it is while a watch backs off, or may not be read any more. Not of a custom resource that
    could never be read, of which nothing is shown, nor of what was left out to begin with.
    """
    trying = covered.state == "backing-off" or (covered.state == "listing" and covered.problem)
    if trying:
        known = covered.last_contact is not None or is_built_in(covered.resource.api_version)
        return bool(covered.objects) or known
    return covered.state in {"forbidden", "gone"} and covered.objects > 0


def coverage() -> list[Coverage]:
    """The same of what may be seen; of what is seen in part, only as many objects as that holds."""
    rights = seen()
    if rights.everything:
        return watching()
    held = _held()
    found: list[Coverage] = []
    for each in watching():
        name = type_name(each.resource.group, each.resource.kind)
        if name in rights.everywhere:
            found.append(each)
        elif rights.reach_somewhere(name):
            found.append(replace(each, objects=held.get(name, 0), last_error=None))
    return found


def _held() -> dict[str, int]:
    """How many objects of each type may be seen."""
    rows = permitted.images().order_by().values_list("place__type")
    return dict(rows.annotate(count=Count("*")))


def audit_logs() -> list[AuditLog]:
    """How following each audit log goes, sorted by path; none where none is followed.

    Only those who may see everything are told.
    """
    if not seen().everything:
        return []
    bodies = AuditLogRow.objects.order_by("path").values_list("body", flat=True)
    return [_log.decode(bytes(body)) for body in bodies]


def gaps(limit: int = 100) -> list[Stored[Gap]]:
    """What nobody saw, the latest first, at most `limit`."""
    return [stored_gap(row) for row in permitted.gaps().order_by("-seq")[:limit]]


def counts() -> Counts:
    """How many traces and steps there are."""
    background = permitted.traces().filter(background=True).count()
    foreground = permitted.traces().filter(background=False).count()
    return Counts(foreground, background, permitted.steps_by_place().count())


def choices() -> FilterChoices:
    """Namespaces, kinds and actors that occur in history, CHOICES_MOST of each at most."""
    spaces, kinds = set[str](), set[str]()
    for background in (False, True):
        if seen().everything:
            spaces.update(runs.namespaces(background, CHOICES_MOST + 1))
        for place in _places(background):
            kinds.add(runs.kind_of(place.type))
            spaces.add(place.namespace or "")
    held = permitted.traces().filter(holder__gt="").order_by("holder")
    holders = held.values_list("holder", flat=True).distinct()[:CHOICES_MOST]
    return FilterChoices(
        namespaces=tuple(sorted(spaces - {""})[:CHOICES_MOST]),
        kinds=tuple(sorted(kinds)[:CHOICES_MOST]),
        actors=tuple(sorted({*_actors(), *holders})[:CHOICES_MOST]),
    )


def _places(background: bool) -> list[runs.Place]:
    """Where such traces are that may be seen; of what may be seen everywhere, by namespace too."""
    rights = seen()
    if rights.everything or not rights.everywhere:
        return runs.places(background) or []
    found = runs.types_in(background, runs.namespaces(background, CHOICES_MOST))
    return [place for place in found if rights.reach(*place)]


def _actors() -> Iterator[str]:
    """Each actor once: one look into the index for each, however many steps there are."""
    acting = permitted.steps().filter(actor=OuterRef("id")).order_by()
    names = NameRow.objects.filter(Exists(acting)).order_by("name")
    yield from names.values_list("name", flat=True)[:CHOICES_MOST]
