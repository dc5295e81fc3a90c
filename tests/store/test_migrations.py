"""A database of an earlier Baton, made by that and kept here, says the same when this one opens it.

`data/history-N.sqlite3` has all migrations up to N: a recording half of whose traces were open,
refused requests, steps without a number for a version, a step that moved, and one that went.
`data/history-N.json` is what that Baton answered of it.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, StepUpsert
from eventstream.objects.decoding import Decoder, encode
from eventstream.recorder.restart import load_saved
from tests.store.conftest import opened
from tests.store.samples import put_step, store

DATA = Path(__file__).parent / "data"
EARLIER = sorted(path.name.removesuffix(".sqlite3.zst") for path in DATA.glob("*.sqlite3.zst"))


def kept(name: str) -> bytes:
    return zstandard.ZstdDecompressor().decompress((DATA / f"{name}.zst").read_bytes())


@pytest.fixture(params=EARLIER)
def earlier(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> tuple[Path, dict[str, Any]]:
    """The database, brought up to date, and what was answered of it."""
    path = tmp_path / "earlier.sqlite3"
    path.write_bytes(kept(f"{request.param}.sqlite3"))
    with django_db_blocker.unblock(), opened(path):
        call_command("migrate", verbosity=0)
    return path, json.loads(kept(f"{request.param}.json"))


def plain(value: object) -> Any:
    """As JSON has it, without what an earlier Baton had no field for."""
    found = json.loads(msgspec.json.encode(value))
    if isinstance(found, dict):
        found.pop("follows", None)
    return found


def test_there_is_a_database_of_an_earlier_baton() -> None:
    assert "history-0008" in EARLIER


def test_traces_and_steps_are_as_they_were(earlier: tuple[Path, dict[str, Any]]) -> None:
    path, answered = earlier
    with opened(path):
        assert (history.head(), history.floor()) == (answered["head"], answered["floor"])
        assert history.epoch() == answered["epoch"]
        traces = history.traces(history.Filter(background=True), limit=500).rows
        assert [
            [each.id, each.revision, each.seq, plain(each.record)] for each in traces
        ] == answered["traces"]
        for trace, steps in answered["steps"].items():
            found = history.steps(trace)
            assert [
                [each.id, each.revision, each.seq, plain(each.record)] for each in found
            ] == steps
            assert [each.cursor for each in found] == sorted(each.cursor for each in found)


def test_objects_gaps_and_marks_are_as_they_were(earlier: tuple[Path, dict[str, Any]]) -> None:
    path, answered = earlier
    with opened(path):
        changes = history.changes_since(0, limit=5000).rows
        assert [[kind, row.id, row.seq] for kind, row in changes] == answered["changes"]
        for name, found in (
            ("gaps", history.gaps()),
            ("usual", history.usual()),
            ("nodes", history.nodes()[0]),
            ("pods", history.pods()),
        ):
            assert plain(found) == answered[name]


def test_a_restart_goes_on_from_what_it_was(earlier: tuple[Path, dict[str, Any]]) -> None:
    path, answered = earlier
    with opened(path):
        saved, before = load_saved(Decoder(b"")), answered["restart"]
        assert [[step.id, step.memo.decode()] for step in saved.steps] == before["steps"]
        assert [each.trace.id for each in saved.traces] == before["traces"]
        assert plain(saved.waits) == before["waits"]
        for key, resource in saved.resources.items():
            assert plain(resource.position) == before["positions"][key]
            images = sorted(encode(image).decode() for image in resource.images)
            assert images == sorted(before["images"][key])
        assert saved.resources.keys() == before["images"].keys()


def test_what_is_said_again_changes_nothing(earlier: tuple[Path, dict[str, Any]]) -> None:
    path, answered = earlier
    with opened(path):
        head, saved = history.head(), load_saved(Decoder(b""))
        steps = [
            StepUpsert(each.record)
            for trace in history.traces(history.Filter(background=True), limit=500).rows
            for each in history.steps(trace.id)
        ]
        assert store(*saved.traces, *saved.steps, *steps) == head
        ref = ObjectRef("v1", "Secret", "new", "new", "new")
        assert store(put_step("new", version="5", object=ref, actor="new")) == head + 1
        new = history.step("new")
        assert new is not None
        assert (new.record.object, new.record.actor) == (ref, "new")
        for trace, steps in answered["steps"].items():
            assert [plain(each.record) for each in history.steps(trace) if each.id != "new"] == [
                each[3] for each in steps
            ]
