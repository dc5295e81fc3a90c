"""What waits in the journal is there after a crash, as if it had had rows of its own at once."""

from collections.abc import Sequence

import msgspec
import pytest
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream import history, names
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Encode, StepRemoved, StepUpsert, Upsert
from eventstream.models import (
    ImageRow,
    InstallationRow,
    JournalRow,
    MemoRow,
    NameRow,
    ObjectRow,
    PlaceRow,
    StepRow,
    TombstoneRow,
    TraceKeyRow,
    TraceRow,
)
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import Observation, Removed
from eventstream.packing.traces import unpack_image
from eventstream.recorder import commit as commit_module
from eventstream.recorder import journal, load_saved, rows
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit, empty_journal
from eventstream.recorder.status import Status
from tests.explain.tapes import LONG_AFTER, fold, observations
from tests.store.conftest import both
from tests.store.samples import KEY, PODS, change, position, put_trace, step

STATUS = Status("cluster-1", "practice", "", "", 105.0)
Put = tuple[Observation | None, list[Upsert]]


class OfImage(msgspec.Struct, frozen=True):
    """The memo of a write, which has the image that it left."""

    image: Image

    def encoded(self, encode: Encode) -> bytes:
        return encode(self.image)


def written(uid: str = "a", version: str = "10", trace: str = "t1", type_: str = "MODIFIED") -> Put:
    """A write to an object, and its step."""
    seen = change(type_, uid, version)  # type: ignore[arg-type]
    told = step(f"{uid}-{version}", trace, version)
    return seen, [StepUpsert(told, OfImage(seen.after), fresh=True)]


def put(*puts: Put, now: float = 100.0) -> int:
    """Commit all of them together, as the recorder does."""
    batch = Batch()
    for seen, upserts in puts:
        batch.add(seen, upserts)
    return commit(batch, now, images_wait=journal.IMAGES_SECONDS)


def versions() -> dict[str, str]:
    """The resourceVersion of each object that has a row."""
    decoder = Decoder(KEY)
    return {
        uid: decoder.image(PODS, unpack_image(bytes(body))).version
        for uid, body in ImageRow.objects.values_list("uid", "body")
    }


def crashed() -> tuple[dict[str, str], set[str]]:
    """What a restart finds: the version of each object, and the steps with a memo."""
    saved = load_saved(Decoder(KEY))
    images = saved.resources[PODS.key].images if PODS.key in saved.resources else ()
    return {each.uid: each.version for each in images}, {each.id for each in saved.steps}


@pytest.fixture(autouse=True)
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No commit here has more images than would be stored at once otherwise."""
    if "stored_at_once" not in request.node.name:
        monkeypatch.setattr(journal, "AT_ONCE_MOST", 0)


@both
def test_few_images_are_stored_at_once() -> None:
    put((position(), []))
    put(*(written(uid, "10") for uid in "abcd"), now=100.1)
    assert versions() == dict.fromkeys("abcd", "10")
    put(*(written(uid, "11") for uid in "abcde"), now=100.2)
    assert versions() == dict.fromkeys("abcd", "10")
    put(written("a", "12"), now=100.3)
    assert versions() == {"a": "12", "b": "10", "c": "10", "d": "10"}
    assert crashed()[0] == {"a": "12", "b": "11", "c": "11", "d": "11", "e": "11"}


@both
def test_a_new_object_is_found_at_once_however_many_come_together() -> None:
    put((position(), []))
    put(written("a", "10", type_="ADDED"), written("a", "11"), written("b", "12"), now=100.1)
    assert versions() == {"a": "11"}
    put(written("a", "13"), now=100.2)
    assert versions() == {"a": "11"}
    assert crashed()[0] == {"a": "13", "b": "12"}


@both
def test_an_image_waits_a_second_for_its_row_and_no_restart_misses_it() -> None:
    put((position(), []))
    put(written("a", "10"))
    assert versions() == {}
    put(written("a", "11"), now=100.5)
    assert versions() == {}
    put(now=101.0)
    assert versions() == {"a": "11"}
    put(written("a", "12"), now=101.5)
    assert versions() == {"a": "11"}
    assert crashed() == ({"a": "12"}, {"a-10", "a-11", "a-12"})


@both
def test_what_has_no_step_waits_for_nothing() -> None:
    put((position(), []))
    put((change("MODIFIED", "a"), []), now=100.5)
    assert versions() == {"a": "10"}


@both
def test_an_object_that_went_while_its_image_waited_never_comes_back() -> None:
    put((position(), []))
    put(written("a"), written("b"), now=100.1)
    put((change("DELETED", "a", "11"), []), now=100.2)
    put(written("c", "12"), now=100.3)
    assert crashed()[0] == {"b": "10", "c": "12"}


@both
def test_an_image_that_got_its_row_is_not_replaced_by_an_older_one_that_waited() -> None:
    put((position(), []))
    put(written("a", "10"), now=100.1)
    put((change("MODIFIED", "a", "11", relisted=True), []), now=100.2)
    put(written("b", "12"), now=100.3)
    assert crashed()[0] == {"a": "11", "b": "12"}


@both
def test_a_long_list_is_stored_whole_and_none_of_its_json_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal, "IMAGES_AT_ONCE", 2)
    encoded = rows.Encoded()
    monkeypatch.setattr(commit_module, "Encoded", lambda: encoded)
    listed = [change("EXISTING", f"uid-{number}") for number in range(5)]
    put(*((each, []) for each in listed))
    assert versions() == {f"uid-{number}": "10" for number in range(5)}
    assert not any(encoded.has_made(each.after) for each in listed)


@both
def test_a_type_that_left_takes_what_waited_along() -> None:
    put((position(), []))
    put(written("a"), now=100.1)
    put((Removed(PODS, 100.2, "its CRD was deleted"), []), now=100.2)
    put((position("20"), []), now=100.3)
    assert crashed() == ({}, {"a-10"})


@both
def test_the_journal_stays_short_and_leaves_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ROWS_MOST", 4)
    monkeypatch.setattr(journal, "ROWS_AT_ONCE", 2)
    put((None, [put_trace("open"), put_trace("over")]))
    for version in range(10, 30):
        put(written("a", str(version), "open"), written("b", str(version), "over"))
        assert JournalRow.objects.count() <= 6
    put((None, [put_trace("over", settled=True)]))
    assert crashed()[1] == {f"a-{version}" for version in range(10, 30)}
    assert not JournalRow.objects.exists()


@both
def test_memos_that_are_over_by_then_never_get_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ROWS_MOST", 3)
    monkeypatch.setattr(journal, "ROWS_AT_ONCE", 1)
    for version in range(10, 20):
        put(written("a", str(version), f"t{version}"))
        put((None, [put_trace(f"t{version}", settled=True)]))
        assert not MemoRow.objects.exists()


@both
def test_a_trace_that_never_had_a_step_is_not_remembered_to_be_over() -> None:
    def over(id_: str, steps: int) -> Put:
        return None, [put_trace(id_, settled=True, existing=True, steps=steps)]

    put(over("only-there", 0))
    assert not JournalRow.objects.exists()
    put(over("only-there", 0), over("was-written", 1), written("a", trace="was-written"))
    put(over("was-written", 1))
    assert crashed()[1] == set()
    put(written("b", "11", "only-there"))
    assert crashed()[1] == {"b-11"}


@both
def test_a_commit_that_fails_changes_nothing_of_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    put((position(), []))
    put(written("a", "10"), now=100.1)

    def fail(*_: object) -> None:
        raise DatabaseError("the disk is full")

    batch = Batch()
    for seen, upserts in (written("a", "11"), (change("DELETED", "b"), [])):
        batch.add(seen, upserts)
    with monkeypatch.context() as patched:
        patched.setattr(commit_module, "save_status", fail)
        with pytest.raises(DatabaseError, match="full"):
            commit(batch, 105.0, STATUS, images_wait=1.0)
    assert versions() == {}
    put(written("b", "12"), now=100.2)
    assert crashed() == ({"a": "10", "b": "12"}, {"a-10", "b-12"})


@both
def test_what_waits_of_a_type_that_moves_to_another_version_is_stored_as_of_that() -> None:
    put((position(), []))
    put(written("a", "10"), now=100.1)
    put(written("b", "10"), now=100.2)
    assert versions() == {}
    later = msgspec.structs.replace(PODS, version="v2")
    put((Removed(PODS, 101.0, "", later), []), now=100.3)
    assert versions() == {"a": "10", "b": "10"}
    saved = load_saved(Decoder(KEY)).resources
    assert saved.keys() == {later.key}
    assert sorted(each.uid for each in saved[later.key].images) == ["a", "b"]


@both
def test_a_step_that_only_seems_new_is_not_stored_twice() -> None:
    put((None, [put_trace()]), written("a", "10"))
    head = put(now=101.0)
    assert put(written("a", "10"), written("b", "11"), now=101.2) == head + 1
    assert sorted(StepRow.objects.values_list("id", "revision")) == [("a-10", 1), ("b-11", 1)]


ids, small = st.sampled_from("ab"), st.integers(min_value=1, max_value=4)
puts: st.SearchStrategy[Put] = st.one_of(
    st.builds(lambda uid, number, trace: written(uid, str(number), trace), ids, small, ids),
    st.builds(
        lambda type_, uid, version: (change(type_, uid, str(version)), []),
        st.sampled_from(["EXISTING", "MODIFIED", "DELETED", "VANISHED"]),
        ids,
        small,
    ),
    st.builds(lambda uid, number: (None, [StepRemoved(f"{uid}-{number}", "step")]), ids, small),
    st.builds(lambda id_, settled: (None, [put_trace(id_, settled=settled)]), ids, st.booleans()),
    st.just((Removed(PODS, 100.0, "its CRD was deleted"), [])),
)


def found(batches: Sequence[Sequence[Put]], *, journaled: bool) -> list[object]:
    """Images and memos after these batches, each of which comes a third of a second later."""
    steps = (StepRow, MemoRow, TombstoneRow, TraceRow, TraceKeyRow)
    numbered = (ObjectRow, PlaceRow, NameRow)  # A new installation numbers them from 1 on.
    for model in (*steps, ImageRow, JournalRow, *numbered, InstallationRow):
        model._default_manager.all().delete()
    names.forget()
    for number, batch in enumerate(batches):
        merged = Batch()
        for seen, upserts in batch:
            merged.add(seen, upserts)
        commit(merged, 100.0 + number / 3, images_wait=1.0 if journaled else 0.0)
        if not journaled:
            empty_journal()
    empty_journal()
    return [
        sorted(versions().items()),
        sorted(MemoRow.objects.values_list("trace__id", "step", "body")),
    ]


@given(st.lists(st.lists(puts, max_size=3), max_size=12))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_comes_the_journal_ends_in_the_same_rows(batches: list[list[Put]]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(journal, "ROWS_MOST", 3)
        patched.setattr(journal, "ROWS_AT_ONCE", 2)
        journaled = found(batches, journaled=True)
    assert journaled == found(batches, journaled=False)


def restarted(at: float) -> Engine:
    """An engine that goes on with what is stored, as `Observer` has it."""
    connections[DEFAULT_DB_ALIAS].close()
    saved = load_saved(Decoder(KEY))
    engine = Engine("cluster")
    engine.restore(
        [
            (kept.position.resource, each)
            for kept in saved.resources.values()
            for each in kept.images
        ],
        [each.memo for each in saved.steps],
        [each.trace for each in saved.traces],
        at,
        {each.id: each.step.count for each in saved.steps if each.step.verb == "renew"},
        saved.waits,
    )
    return engine


@pytest.mark.parametrize(("name", "every"), [("operator", 60), ("rolling_update", 90)])
def test_an_engine_that_goes_on_with_what_was_stored_tells_the_same(
    name: str, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "ROWS_MOST", 12)
    shown = observations(name)
    engine, batch = Engine("cluster"), Batch()
    for number, seen in enumerate(shown):
        if number % 3 == 0:
            batch.add(None, engine.tick(seen.at))
            commit(batch, seen.at, images_wait=1.0)
            batch = Batch()
        if number % every == every - 1:
            commit(batch, seen.at, images_wait=1.0)
            engine, batch = restarted(seen.at), Batch()
        batch.add(seen, engine.apply(seen))
    batch.add(None, engine.tick(shown[-1].at + LONG_AFTER))
    commit(batch, shown[-1].at, images_wait=1.0)
    expected = {key: each for key, each in fold(shown).steps.items() if each.verb != "renew"}
    stored = {key: history.step(key) for key in expected}
    assert {key: each and each.record for key, each in stored.items()} == expected
