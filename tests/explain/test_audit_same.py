"""Joining goes by ranges, and anew only where something is new: it finds what trying all finds."""

from collections import defaultdict
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eventstream.explain.audit import alignment
from eventstream.explain.audit.identities import identity
from eventstream.explain.audit.scopes import Scope
from eventstream.explain.world.claims import Match
from eventstream.explain.world.families import by_order
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import AuditRecord, Change
from tests.explain import plain_join
from tests.explain.audits import records
from tests.explain.small_clusters import BEGUN, Alike, Bursts, Mixed, Named
from tests.explain.tapes import NAMES, observations

Shown = list[Write | AuditRecord]
Place = tuple[str, str, str]


def take(scope: Scope, shown: Shown, random: Random) -> None:
    """Join now and then as it comes, and at last."""
    for each in shown:
        if isinstance(each, Write):
            scope.write(each)
        else:
            scope.ask(each)
        if random.random() < 0.3:
            list(scope.join(0.0, whole=True))
    list(scope.join(0.0, whole=True))


def assert_same(shown: Shown, random: Random) -> int:
    """Joined as it comes, all is as if joined at once by trying all; returns how many are."""
    take(Scope(), shown, random)
    writes = [each for each in shown if isinstance(each, Write)]
    expected = plain_join.joined(writes, [r for r in shown if isinstance(r, AuditRecord)])
    assert [told(write.decision.audit) for write in writes] == [
        told(plain(expected.get(id(write)))) for write in writes
    ]
    return len(expected)


def plain(found: tuple[AuditRecord, ...] | None) -> Match | None:
    return Match(found) if found is not None else None


def told(match: Match | None) -> tuple[object, ...] | None:
    """What a match says: how many requests, the first, who sent them, when it received the last."""
    if match is None:
        return None
    latest = max(record.received for record in match.records)
    return match.count, match.record.audit_id, identity(match.record), latest


def out_of_step(shown: Shown, random: Random) -> Shown:
    """Requests in any order and at any time, the writes in theirs."""
    writes = [each for each in shown if isinstance(each, Write)]
    asked = [each for each in shown if isinstance(each, AuditRecord)]
    random.shuffle(asked)
    merged: Shown = []
    while writes or asked:
        late = not writes or (asked and random.random() < 0.5)
        merged.append(asked.pop() if late else writes.pop(0))
    return merged


@pytest.mark.parametrize("largest", [6, alignment.LARGEST])
@pytest.mark.parametrize("cluster", [Mixed, Alike, Named, Bursts])
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0), length=st.integers(1, 60), apart=st.booleans())
def test_it_finds_what_trying_every_request_on_every_write_finds(
    cluster: type[Mixed], largest: int, seed: int, length: int, apart: bool
) -> None:
    random = Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "LARGEST", largest)
        shown = cluster(random).run(length)
        assert_same(out_of_step(shown, random) if apart else shown, random)


@pytest.mark.parametrize("cluster", [Mixed, Alike, Named, Bursts])
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0), length=st.integers(2, 60), most=st.sampled_from([4, 1000]))
@example(seed=3672235781851, length=38, most=4)  # One of two creations of a name is let go.
@example(seed=1307674367999, length=38, most=4)  # The same, and the request without a name stays.
def test_what_is_let_go_leaves_the_rest_as_if_it_had_come_alone(
    cluster: type[Mixed], seed: int, length: int, most: int
) -> None:
    """But for what it may have made itself: that keeps what it was joined with."""
    random = Random(seed)
    shown, scope = cluster(random).run(length), Scope()
    take(scope, shown[: length // 2], random)
    before = {id(write): told(write.decision.audit) for write in shown if isinstance(write, Write)}
    scope.shorten(BEGUN + random.randrange(8, 20), most)
    left = [write for lane in scope._lanes.values() for write in lane.writes]
    list(scope.join(0.0, whole=True))
    assert [told(w.decision.audit) for w in left if cut(scope, w)] == [
        before[id(w)] for w in left if cut(scope, w)
    ]
    take(scope, shown[length // 2 :], random)
    left = [write for lane in scope._lanes.values() for write in lane.writes]
    found = [told(scope._found(write)) for write in left if not cut(scope, write)]
    fresh = alone(scope, left)
    take(fresh, list(kept(scope)), random)
    assert found == [told(fresh._found(write)) for write in left if not cut(scope, write)]


def cut(scope: Scope, write: Write) -> bool:
    """Whether something was let go that was under way in its window."""
    lane, created = scope._lanes[write.image.metadata.name], scope._created.get(id(write))
    named = lane._unit_of[id(write)].start <= lane.pairing._cut
    nameless = created is not None and created.start <= scope._anonymous._cut
    return named or nameless or scope._collections.is_cut(write)


def alone(scope: Scope, left: list[Write]) -> Scope:
    """A scope that never had anything else, and takes what may be of that as it was joined."""
    fresh = Scope()
    for write in sorted(left, key=by_order):
        fresh.write(write)
    for name, lane in fresh._lanes.items():
        lane.pairing._cut = scope._lanes[name].pairing._cut
        for write in lane.writes:
            lane._unit_of[id(write)].match = scope._lanes[name]._unit_of[id(write)].match
    fresh._anonymous._cut = scope._anonymous._cut
    fresh._created.update((key, unit) for key, unit in scope._created.items() if unit.part is None)
    return fresh


def kept(scope: Scope) -> list[AuditRecord]:
    """The requests that wait."""
    lanes = [request for lane in scope._lanes.values() for request in lane._records.values()]
    others = [*scope._nameless.values(), *scope._collections._requests.values()]
    return [request.record for request in [*lanes, *others]]


def places(name: str) -> dict[Place, Shown]:
    """A recording's writes and successful requests, by resource and namespace."""
    world, found = World(), defaultdict[Place, Shown](list)
    for record in records(name):
        if not record.refused:
            resource = record.resource
            found[resource.group, resource.plural, record.namespace or ""].append(record)
    for shown in observations(name):
        if isinstance(shown, Change) and shown.after.kind not in ("Event", "Lease"):
            write = world.add(shown, base=shown.type == "EXISTING")
            if write is not None and not write.base:
                resource, namespace = shown.resource, shown.after.metadata.namespace
                found[resource.group, resource.plural, namespace or ""].append(write)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_finds_the_same_in_the_logs_of_real_clusters(name: str) -> None:
    joined = 0
    for shown in places(name).values():
        for seed in range(4):
            for each in shown:
                if isinstance(each, Write):
                    each.decision.audit = None
            joined += assert_same(out_of_step(shown, Random(seed)), Random(seed))
    assert joined > 50
