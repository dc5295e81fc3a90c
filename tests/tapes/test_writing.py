"""What is written while watching reads back as what was watched."""

import io
from pathlib import Path

import msgspec
import pytest

from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import (
    Change,
    ChangeType,
    Coverage,
    Gap,
    Observation,
    Position,
    Removed,
)
from eventstream.tapelines import BadLine
from eventstream.tapes import TapeReader, TapeWriter
from tests.objects.recorded import POD, TAPES, WEBSITE, decoder


def read(path: Path, key: Decoder | None = None) -> list[Observation]:
    found: list[Observation] = []
    for _, shown in TapeReader(key or decoder()).read(path):
        assert not isinstance(shown, BadLine), shown
        found.extend(map(_unmeasured, shown))
    return found


def _unmeasured(observation: Observation) -> Observation:
    """A change without how long its line was: a copy's lines are shorter."""
    if not isinstance(observation, Change):
        return observation
    return msgspec.structs.replace(observation, size=0)


def written(path: Path, observations: list[Observation]) -> Path:
    with path.open("wb") as file:
        writer = TapeWriter(file)
        for observation in observations:
            writer.write(observation)
    return path


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_a_shipped_recording_written_again_reads_the_same(tape: Path, tmp_path: Path) -> None:
    watched = read(tape)
    copy = written(tmp_path / "copy.jsonl", watched)
    # Another installation's key: what is hidden already is not hidden anew.
    assert read(copy, Decoder(b"another key")) == watched
    assert written(tmp_path / "again.jsonl", read(copy)).read_bytes() == copy.read_bytes()


def pod(uid: str, version: str) -> Image:
    return Image("v1", "Pod", Metadata(name=uid, uid=uid, resource_version=version))


def change(type_: ChangeType, uid: str, version: str, at: float, **more: Image | bool) -> Change:
    before = more.get("before")
    assert before is None or isinstance(before, Image)
    image = Decoder(b"k").image(
        POD,
        b'{"metadata":{"name":"%s","uid":"%s","resourceVersion":"%s"}}'
        % (uid.encode(), uid.encode(), version.encode()),
    )
    return Change(POD, type_, image, at, before, relisted=more.get("relisted") is True)


def test_a_relist_reads_back_as_the_relist_that_it_was(tmp_path: Path) -> None:
    gone, moved = change("EXISTING", "gone", "1", 1.0), change("EXISTING", "moved", "2", 1.0)
    watched: list[Observation] = [
        gone,
        moved,
        Position(POD, "5", 1.0, listed=True, objects=2),
        Gap(POD, "5", "9", 1.0, 3.25, "The recording lists it anew."),
        Change(POD, "VANISHED", gone.after, 3.25, gone.after, relisted=True),
        change("MODIFIED", "moved", "8", 3.25, before=moved.after, relisted=True),
        change("ADDED", "new", "7", 3.25, relisted=True),
        Position(POD, "9", 3.25, listed=True, objects=2),
        Position(POD, "11", 4.123456789),
    ]
    assert read(written(tmp_path / "tape.jsonl", watched)) == watched


def test_a_list_without_objects_is_written(tmp_path: Path) -> None:
    watched: list[Observation] = [Position(POD, "5", 1.0, listed=True)]
    assert read(written(tmp_path / "tape.jsonl", watched)) == watched


def test_a_type_that_left_and_came_back_begins_anew(tmp_path: Path) -> None:
    site = Image("stable.example.com/v1", "Website", Metadata(uid="u", resource_version="3"))
    path = written(
        tmp_path / "tape.jsonl",
        [
            Change(WEBSITE, "EXISTING", site, 1.0),
            Position(WEBSITE, "5", 1.0, listed=True, objects=1),
            Removed(WEBSITE, 2.0, "its CustomResourceDefinition was deleted"),
            Position(WEBSITE, "9", 3.0, listed=True),
        ],
    )
    last = read(path)[-1]
    assert isinstance(last, Position)
    assert last.objects == 0


def test_what_is_no_part_of_a_recording_is_not_written() -> None:
    file = io.BytesIO()
    writer = TapeWriter(file)
    writer.write(Coverage(POD, "watching", 1.0))
    writer.write(Gap(POD, "1", "2", 1.0, 2.0, "cut"))
    assert file.getvalue() == b""


def test_each_line_is_on_disk_when_the_writer_returns(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    with path.open("wb") as file:
        writer = TapeWriter(file)
        for number in range(1, 4):
            writer.write(Position(POD, str(number), 1.0))
            assert path.read_bytes().count(b"\n") == number


def test_a_version_with_odd_characters_does_not_break_the_line(tmp_path: Path) -> None:
    first = Position(POD, "1", 1.0, listed=True)
    odd = Position(POD, 'a"\\b\n', 2.0)
    assert read(written(tmp_path / "tape.jsonl", [first, odd])) == [first, odd]
