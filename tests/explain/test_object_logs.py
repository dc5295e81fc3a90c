"""An object's log answers which of its writes last set the desired state, however often asked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventstream.explain.engine.limits import forget
from eventstream.explain.world.families import Family
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import Change
from tests.explain.things import deployment
from tests.objects.recorded import DEPLOYMENT, decoder, text


def written(world: World, generations: list[int]) -> list[Write]:
    """A Deployment's writes, each of which may set a new generation."""
    found: list[Write] = []
    before, number, read = None, 1, decoder()
    for version, step in enumerate(generations, 1):
        number += step
        thing = deployment()
        thing["metadata"] |= {"generation": number, "resourceVersion": str(version * 10)}
        image = read.image(DEPLOYMENT, text(thing))
        change = Change(DEPLOYMENT, "ADDED" if before is None else "MODIFIED", image, 0.0, before)
        write = world.add(change, base=False)
        assert write is not None
        before = image
        found.append(write)
    return found


def looked_through(log: ObjectLog, order: int) -> Write | None:
    below = [write for write in log.writes if write.order < order]
    return next((write for write in reversed(below) if write.base or write.spec_changed), None)


@given(
    st.lists(st.integers(0, 1), min_size=1, max_size=12),
    st.lists(st.integers(-1, 13), max_size=12),
    st.integers(0, 12),
)
def test_the_last_change_of_the_desired_state_is_found_as_by_looking_through_all(
    generations: list[int], asked: list[int], forgotten: int
) -> None:
    world = World()
    writes = written(world, generations)
    log = writes[0].log
    log.as_owner()  # Those who own something are asked again and again, so they remember.
    for place in (*asked, *reversed(asked)):
        assert log.last_spec_change(place * 10 + 5) is looked_through(log, place * 10 + 5)
    forget(world, writes[:forgotten])
    for place in asked:
        assert log.last_spec_change(place * 10 + 5) is looked_through(log, place * 10 + 5)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=16))
def test_pods_are_counted_rightly_whichever_are_over_and_forgotten(
    ends: list[tuple[int, bool]],
) -> None:
    """Of five Pods the first three were there when watching began, of which none has a birth."""
    family: Family[str, Any] = Family()
    alive = {f"pod-{number}" for number in range(5)}
    for number, uid in enumerate(sorted(alive)):
        family.children[uid] = uid
        family.born(uid, 0 if number < 3 else number)
    order = 10
    for number, forgotten in ends:
        uid = f"pod-{number}"
        if uid in alive:
            alive.remove(uid)
            family.lost(uid, order)
            order += 1
        if forgotten and uid not in alive:
            family.forget({uid}, 0)
        assert family.count_active(order) == len(alive)
        assert family.born_between(0, order) <= 2
