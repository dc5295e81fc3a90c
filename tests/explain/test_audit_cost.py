"""Joining a record costs the same however many there are: counted, in pairs that are looked at."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from eventstream.explain.audit import alignment, fitting, groups
from eventstream.explain.audit.requests import Part, Request, Unit
from eventstream.explain.audit.trail import KEPT, MOST, AuditTrail
from eventstream.explain.audit.upgrades import evidence
from eventstream.explain.world.claims import Match
from eventstream.explain.world.steps import Memo, read_memos
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.decoding import encode
from eventstream.objects.images import FieldsEntry, Image, Metadata
from eventstream.objects.observations import AuditRecord, Change
from eventstream.objects.pods import PodSpec, PodStatus
from tests.explain.small_clusters import BEGUN, PODS

KCM = "kube-controller-manager"
TICK = 0.2
WINDOW = 50.0
"""Seconds within which the writes come, so that stamps stay within one minute."""

AT_MOST = 60
"""Comparisons for each record: those about as old as it, for as many ticks as they come in."""

Pair = tuple[Write, AuditRecord]


def made(number: int, at: float, name: str, generate_name: str = "") -> Write:
    """The creation of a Pod, just before it is answered."""
    stamp = f"1970-01-12T13:47:{int(at - BEGUN - 20):02}Z"
    metadata = Metadata(
        name=name,
        namespace="shop",
        uid=f"uid-{name}",
        resource_version=str(number),
        generate_name=generate_name,
        creation_timestamp=stamp,
        managed_fields=(FieldsEntry(KCM, "Update", "", stamp, "v1"),),
    )
    image = Image("v1", "Pod", metadata, PodSpec(), PodStatus())
    return Write(Change(PODS, "ADDED", image, at), number, ObjectLog(metadata.uid), base=False)


def changed(number: int, before: Write, at: float) -> Write:
    """The next version of the same Pod, of which managedFields do not tell who wrote it."""
    metadata = replace(
        before.image.metadata, resource_version=str(number), generation=number, managed_fields=()
    )
    image = replace(before.image, metadata=metadata)
    change = Change(PODS, "MODIFIED", image, at, before.image)
    return Write(change, number, before.log, base=False)


def request(number: int, at: float, verb: str, **more: Any) -> AuditRecord:
    """A request that was answered then, after 5 ms; every fiftieth took a second."""
    spent = 1.0 if number % 50 == 0 else 0.005
    code = 201 if verb == "create" else 200
    usual = {"audit_id": f"audit-{number:06}", "namespace": "shop", "field_manager": KCM}
    return AuditRecord(
        PODS,
        verb=verb,
        at=at,
        received=at - spent,
        code=code,
        user="ann",
        agent="x",
        **usual,
        **more,
    )


def created(number: int, at: float, _: Write | None) -> Pair:
    """Under a name that the server makes up."""
    return made(number, at, f"web-{number}", "web-"), request(number, at, "create")


def updated(number: int, at: float, last: Write | None) -> Pair:
    """One object all the time, each request naming the version that it replaces."""
    before = last or made(number, at, "web")
    asked = request(number, at, "update", name="web", resource_version=before.image.version)
    return changed(number, before, at), asked


def patched(number: int, at: float, last: Write | None) -> Pair:
    """The same, by requests that do not."""
    write = changed(number, last or made(number, at, "web"), at)
    return write, request(number, at, "patch", name="web")


def deleted(number: int, at: float, _: Write | None) -> Pair:
    """One of many, each by a request that deletes a collection."""
    before = made(number, at - 1, f"web-{number}")
    change = Change(PODS, "DELETED", before.image, at, before.image)
    write = Write(change, number, before.log, base=False)
    return write, request(number, at, "deletecollection")


SHAPES = [created, updated, patched, deleted]
Shape = Callable[[int, float, Write | None], Pair]


def burst(shape: Shape, size: int, window: float = WINDOW) -> Iterator[Pair]:
    """So many writes with their requests, one by one within the window."""
    last: Write | None = None
    for number in range(size):
        last, record = shape(number + 1, BEGUN + 20 + number * window / size, last)
        yield last, record


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a unit was compared with a request, or a kind of requests, since the beginning."""
    counted = Counter[str]()
    compared = {
        fitting: "allows",
        groups: "fits",
        fitting.Column: "_began",
        alignment._Alignment: "_worth",
    }
    for place, name in compared.items():
        monkeypatch.setattr(place, name, _counting(getattr(place, name), counted))
    return counted


def _counting(compare: Callable[..., Any], counted: Counter[str]) -> Callable[..., Any]:
    def counting(*arguments: Any) -> Any:
        counted[compare.__name__] += 1
        return compare(*arguments)

    return counting


def join(pairs: Iterator[Pair]) -> list[Write]:
    """Join as they come, a tick each 0.2 s."""
    trail, due, writes = AuditTrail(World()), 0.0, list[Write]()
    for write, record in pairs:
        trail.take(record)
        trail.note(write)
        writes.append(write)
        if record.at >= due:
            trail.join(record.at)
            due = record.at + TICK
    trail.join(due, whole=True)
    return writes


@pytest.mark.parametrize("shape", SHAPES)
def test_a_record_costs_no_more_where_there_are_ten_times_as_many(
    shape: Shape, looked_at: Counter[str]
) -> None:
    for size in (1_000, 10_000):
        looked_at.clear()
        writes = join(burst(shape, size))
        assert sum(write.decision.audit is not None for write in writes) > 0.9 * size
        assert looked_at.total() < AT_MOST * size


def test_what_waits_is_bounded_however_much_comes() -> None:
    trail = AuditTrail(World())
    pairs = list(burst(created, 6 * MOST))
    for write, record in pairs:
        trail.take(record)
        trail.note(write)
    now = pairs[-1][1].at
    for sweep in range(8):
        trail.join(now + sweep * 10)
    (scope,) = trail._scopes.values()
    assert 0 < len(scope._nameless) <= MOST
    assert 0 < sum(unit.part is not None for unit in scope._created.values()) <= MOST
    trail.join(now + KEPT + 20)
    assert not trail._scopes


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_let_go_leaves_no_cycles(shape: Shape) -> None:
    gc.collect()
    gc.disable()
    try:
        trail = AuditTrail(World())
        now = BEGUN
        for write, record in burst(shape, 40):
            trail.take(record)
            trail.note(write)
            now = record.at
            trail.join(now)
        assert Part in map(type, gc.get_objects())
        trail.join(now + KEPT + 20)
        assert not trail._scopes
        assert not {Part, Unit, Request} & set(map(type, gc.get_objects()))
    finally:
        gc.enable()


def test_of_a_thousand_like_requests_a_few_are_listed_and_all_counted() -> None:
    writes = join(burst(created, 1_000, window=0.5))
    match = writes[0].decision.audit
    assert match is not None
    assert len(match.records) == alignment.LISTED
    assert match.count == 1_000
    assert "one of 1000 such requests" in evidence(match).text
    last = BEGUN + 20 + 999 * 0.0005 - 0.005
    assert max(record.received for record in match.records) == pytest.approx(last)


def test_a_restart_still_counts_those_that_are_not_listed() -> None:
    write, record = created(1, BEGUN + 20, None)
    write.decision.audit = Match((record, record), unlisted=998)
    (recalled,) = read_memos([Memo(write).encoded(encode)])
    assert recalled.audit == write.decision.audit
