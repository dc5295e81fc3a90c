"""An open trace knows its first write whatever joins, leaves or is counted out."""

from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import Change
from tests.objects.recorded import POD, decoder, text, thing


def writes(*orders: int) -> list[Write]:
    image, log = decoder().image(POD, text(thing())), ObjectLog("uid")
    return [
        Write(Change(POD, "MODIFIED", image, float(order)), order, log, base=False)
        for order in orders
    ]


def joined(*found: Write) -> TraceLog:
    trace = TraceLog("id", found[0].log, None)
    for write in found:
        trace.join(write)
    return trace


def test_a_late_write_that_joins_may_be_the_first() -> None:
    trace = joined(*writes(7, 9))
    assert (trace.lowest, trace.first, trace.last) == (7, 7.0, 9.0)
    trace.join(writes(3)[0])
    assert (trace.lowest, trace.first, trace.last) == (3, 3.0, 9.0)


def test_when_the_first_leaves_the_next_one_is_the_first() -> None:
    found = writes(3, 7, 9)
    trace = joined(*found)
    trace.leave(found[0])
    assert trace.lowest == 7
    trace.leave(found[1])
    trace.leave(found[2])
    assert trace.lowest == -1
    trace.join(found[1])
    assert trace.lowest == 7


def test_what_is_counted_out_is_the_first_no_more() -> None:
    found = writes(3, 5, 7, 9)
    trace = joined(*found)
    assert trace.trim(2) == found[:2]
    assert (trace.lowest, trace.dropped) == (7, 2)


def test_patience_grows_with_the_steps_and_with_the_pods_that_are_looked_at() -> None:
    trace = joined(*writes(1, 2, 3))
    few = trace.patience
    trace.looked = 1000
    assert trace.patience > 100 * few
    trace.looked = 10**9
    assert trace.patience == 1.0
