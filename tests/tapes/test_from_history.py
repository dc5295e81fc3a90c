"""A history prints what the recording prints that it was made of."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker

from eventstream.explain.engine.engine import Engine
from eventstream.management.commands.explain import _KEY
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.replaying import Moment, replay
from tests.store.conftest import opened

ROOT = Path(__file__).resolve().parents[2]
TAPES = ROOT / "practicecluster" / "tapes"
LOGS = ROOT / "tests" / "explain" / "truth"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    path = tmp_path_factory.mktemp("empty") / "baton.sqlite3"
    with django_db_blocker.unblock(), opened(path):
        call_command("migrate", verbosity=0)
    return path


def printed(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("explain", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().splitlines()


def stored(tape: Path, audit: Path | None, key: bytes) -> None:
    """Store a recording as a watch of it would have been, a batch each tenth of a second."""
    engine, batch, due = Engine("tape", audited=audit is not None), Batch(), 0.0
    for shown in replay(engine, tape, key, audit):
        assert isinstance(shown, Moment)
        if shown.at > due:
            commit(batch, due)
            batch, due = Batch(), shown.at + 0.1
        batch.add(shown.observation, shown.upserts)
    commit(batch, due)


@pytest.mark.parametrize("audited", [False, True])
@pytest.mark.parametrize("tape", sorted(path.name for path in TAPES.glob("*.jsonl")))
def test_a_history_prints_what_its_recording_does(
    tape: str, audited: bool, empty: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    path = Path(shutil.copy(empty, tmp_path / "baton.sqlite3"))
    log = LOGS / tape.replace(".jsonl", ".audit.jsonl")
    with django_db_blocker.unblock():
        with opened(path):
            stored(TAPES / tape, log if audited else None, _KEY)
        before = path.read_bytes()
        arguments = ("--audit", str(log)) if audited else ()
        lines = printed("--from-history", str(path))
        assert lines == printed(str(TAPES / tape), *arguments)
        assert path.read_bytes() == before


def test_a_file_that_is_no_history_is_an_error_that_says_so(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    (tmp_path / "text").write_text("not a database, and longer than a header\n" * 100)
    (tmp_path / "other.sqlite3").write_bytes(b"")
    with django_db_blocker.unblock():
        with pytest.raises(CommandError, match="no database of SQLite"):
            printed("--from-history", str(tmp_path / "text"))
        with pytest.raises(CommandError, match="another version"):
            printed("--from-history", str(tmp_path / "other.sqlite3"))
        with pytest.raises(CommandError, match="no such file"):
            printed("--from-history", str(tmp_path / "gone.sqlite3"))


def test_what_the_environment_says_of_recordings_is_no_option_that_somebody_gave(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> None:
    monkeypatch.setattr(settings, "BATON_MESSAGES", False)
    monkeypatch.setattr(settings, "BATON_KINDS", tmp_path)
    with django_db_blocker.unblock():
        assert printed("--from-history", str(empty)) == []
    with pytest.raises(CommandError, match=r"^--kinds: a history holds"):
        printed("--from-history", str(empty), "--kinds", str(tmp_path / "other"))


def test_either_a_recording_or_a_history_is_named() -> None:
    with pytest.raises(CommandError, match="either"):
        printed()
    with pytest.raises(CommandError, match="either"):
        printed("a.jsonl", "--from-history", "b.sqlite3")
    with pytest.raises(CommandError, match="--outlook: a history holds"):
        printed("--from-history", "b.sqlite3", "--outlook")
