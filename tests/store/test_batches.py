"""However puts fall into batches, the same is stored."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream import names
from eventstream.explain.vocabulary.records import (
    StepRemoved,
    StepUpsert,
    TraceUpsert,
    Upsert,
    WaitsSeen,
    WaitsUpsert,
)
from eventstream.history.reading import STEP_COLUMNS
from eventstream.models import (
    CoverageRow,
    GapRow,
    ImageRow,
    InstallationRow,
    JournalRow,
    MemoRow,
    NameRow,
    ObjectRow,
    PlaceRow,
    PositionRow,
    StepRow,
    TombstoneRow,
    TraceKeyRow,
    TraceRow,
    WaitsRow,
)
from eventstream.objects.observations import Change, Observation, Position, Removed
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit, empty_journal
from tests.store.samples import PODS, change, gap, position, put_step, put_trace

Put = tuple[Observation | None, list[Upsert]]

ids = st.sampled_from(["a", "b", "c"])
small = st.integers(min_value=1, max_value=5)
upserts: st.SearchStrategy[Upsert] = st.one_of(
    st.builds(lambda id_, trace, why: put_step(id_, trace, why=str(why)), ids, ids, small),
    st.builds(lambda id_, steps: put_trace(id_, steps=steps), ids, small),
    st.builds(StepRemoved, ids, st.sampled_from(["step", "trace"])),
    st.builds(lambda key, seen: WaitsUpsert(WaitsSeen(key, seen - 1, (0.5,))), ids, small),
)
observations: st.SearchStrategy[Observation | None] = st.one_of(
    st.none(),
    st.builds(
        lambda type_, uid, version: change(type_, uid, str(version)),
        st.sampled_from(["EXISTING", "ADDED", "MODIFIED", "DELETED", "VANISHED"]),
        ids,
        small,
    ),
    st.builds(lambda version: position(str(version)), small),
    st.builds(lambda at: gap(float(at)), small),
    st.just(Removed(PODS, 100.0, "its CRD was deleted")),
)
puts = st.lists(st.tuples(observations, st.lists(upserts, max_size=4)), max_size=12)


def stored(batches: list[list[Put]]) -> list[object]:
    """What the tables hold after these batches, but for the numbers given on the way."""
    tables = (
        *(StepRow, MemoRow, TraceRow, WaitsRow, TombstoneRow, ImageRow, PositionRow, GapRow),
        *(CoverageRow, NameRow, PlaceRow, ObjectRow, TraceKeyRow, JournalRow),
    )
    names.forget()
    for model in tables:
        model._default_manager.all().delete()
    InstallationRow.objects.all().delete()
    for puts_ in batches:
        batch = Batch()
        for seen, upserts_ in puts_:
            batch.add(seen, upserts_)
        commit(batch, 100.0)
    empty_journal()
    return [
        list(StepRow.objects.order_by("id").values_list(*STEP_COLUMNS[3:])),
        list(MemoRow.objects.order_by("step").values_list("trace__id", "step", "body")),
        list(TraceRow.objects.order_by("id").values_list("id", "body")),
        list(WaitsRow.objects.order_by("key").values_list("key", "body")),
        list(ImageRow.objects.order_by("uid").values_list("uid", "body")),
        list(PositionRow.objects.values_list("resource", "body")),
        list(GapRow.objects.order_by("id").values_list("id", "body")),
    ]


@given(puts, st.integers(min_value=1, max_value=12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_batches_of_any_size_store_the_same(every: list[Put], size: int) -> None:
    one_by_one = stored([[put] for put in every])
    together = stored([every[at : at + size] for at in range(0, len(every), size)])
    assert together == one_by_one


@given(puts)
def test_the_last_word_on_each_row_wins_and_no_row_is_lost(every: list[Put]) -> None:
    batch = Batch()
    last: dict[tuple[str, str], Upsert] = {}
    for seen, upserts_ in every:
        batch.add(seen, upserts_)
        for upsert in upserts_:
            last.pop(key(upsert), None)
            last[key(upsert)] = upsert
    assert list(batch.upserts.items()) == list(last.items())


@given(st.lists(st.tuples(observations, st.just([])), min_size=1))
def test_the_last_observation_decides_where_a_watch_resumes(every: list[Put]) -> None:
    batch = Batch()
    resumes: str | None = None
    for seen, nothing in every:
        batch.add(seen, nothing)
        match seen:
            case Change(type="EXISTING"):
                pass
            case Change():
                resumes = seen.after.version
            case Position():
                resumes = seen.resource_version
            case Removed():
                resumes = None
    known = batch.positions.get(PODS.key)
    assert (known.resource_version if known else None) == resumes


def key(upsert: Upsert) -> tuple[str, str]:
    match upsert:
        case StepUpsert():
            return "step", upsert.step.id
        case TraceUpsert():
            return "trace", upsert.trace.id
        case WaitsUpsert():
            return "waits", upsert.waits.key
        case StepRemoved():
            return upsert.kind, upsert.id
