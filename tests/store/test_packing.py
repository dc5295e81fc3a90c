"""What is packed comes back as it was, and takes little."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Step, StepUpsert, TraceUpsert
from eventstream.packing import frames, ids
from eventstream.packing.order import version_key
from eventstream.packing.steps import StepColumns, microseconds, pack_step, unpack_step
from eventstream.packing.traces import pack_trace, unpack_trace
from eventstream.replaying import Moment, replay
from tests.store.samples import step

TAPES = Path("practicecluster/tapes")


def through(step: Step) -> Step:
    """A step, packed and unpacked."""
    sort, at = version_key(step.resource_version), microseconds(step.at)
    columns = StepColumns(step.id, step.trace, sort, at, step.actor, step.object)
    return unpack_step(pack_step(step, sort, at), columns)


@pytest.mark.parametrize("tape", sorted(path.name for path in TAPES.glob("*.jsonl")))
def test_all_steps_and_traces_of_a_tape_come_back_as_they_were(tape: str) -> None:
    engine, sizes = Engine("tape", audited=False), []
    for shown in replay(engine, TAPES / tape, bytes(32)):
        assert isinstance(shown, Moment)
        for upsert in shown.upserts:
            if isinstance(upsert, StepUpsert):
                told = upsert.step
                assert through(told) == told
                sizes.append(
                    len(pack_step(told, version_key(told.resource_version), microseconds(told.at)))
                )
            elif isinstance(upsert, TraceUpsert):
                assert unpack_trace(pack_trace(upsert.trace)) == upsert.trace
    assert sum(sizes) / len(sizes) < 300


@pytest.mark.parametrize(
    "changed",
    [
        {"cause": None, "causes": ("a",)},
        {"cause": "b", "causes": ("a", "0123456789abcdef0123")},
        {"cause": "b", "causes": ()},
        {"version": "007"},
        {"version": ""},
        {"version": "not a number"},
        {"version": str(2**64)},
        {"at": 0.1 + 0.2},
        {"at": 1e15},
        {"at": -5.0},
        {"sources": ()},
        {"sources": ("*@",)},
    ],
)
def test_what_is_out_of_the_ordinary_comes_back_too(changed: dict[str, Any]) -> None:
    version = str(changed.pop("version", "10"))
    told = step(version=version, **changed)
    assert through(told) == told


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\x00\ud800"), max_size=20))
@example("0123456789")
@example("0123456789abcdef")
@example("012345678\0")
@example("01234567\0")
@example("0123456789abcd\0")
@example("0123456789abcdef0123")
@example("0123456789ABCDEF0123")
@example("da7392c6-a39a-4e1a-9e1f-a187836e92f5")
@example("DA7392C6-a39a-4e1a-9e1f-a187836e92f5")
def test_any_text_as_an_id_or_a_uid_comes_back(text: str) -> None:
    assert ids.id_text(ids.id_bytes(text)) == text
    assert ids.uid_text(ids.uid_bytes(text)) == text


def test_ids_of_the_usual_form_take_the_bytes_that_they_stand_for() -> None:
    assert len(ids.id_bytes("0123456789abcdef0123")) == 10
    assert len(ids.uid_bytes("da7392c6-a39a-4e1a-9e1f-a187836e92f5")) == 16


@pytest.mark.parametrize("body", [b"", b"{}", b"\x28\xb5\x2f\xfd", b'{"id": "s1"}' * 9])
def test_bytes_that_are_no_frame_are_an_error_that_says_so(body: bytes) -> None:
    with pytest.raises(frames.UnreadableRowError, match="a row of"):
        frames.unpack(body)


def test_a_frame_of_a_dictionary_that_is_not_here_is_an_error() -> None:
    frame = bytearray(frames.pack(b"what" * 9, frames.EXPLAINED))
    frame[5 if frame[4] & 0x20 else 6] = 250
    with pytest.raises(frames.UnreadableRowError):
        frames.unpack(bytes(frame))


@pytest.mark.parametrize("size", [frames.LARGEST + 1, 2**60, 2**64 - 1])
def test_a_frame_that_says_it_holds_more_than_any_does_takes_no_memory(size: int) -> None:
    frame = b"\x28\xb5\x2f\xfd\xe1\x01" + size.to_bytes(8, "little") + b"\x01\0\0"
    with pytest.raises(frames.UnreadableRowError, match="too many"):
        frames.unpack(frame)


def test_a_body_that_lacks_fields_is_an_error() -> None:
    body = frames.pack(msgspec.msgpack.encode(["rule"]), frames.EXPLAINED)
    ref = step().object
    with pytest.raises(msgspec.DecodeError):
        unpack_step(body, StepColumns("a", "b", b"\1\1", 0, "client", ref))


def test_each_dictionary_has_the_number_of_its_file() -> None:
    numbers = {path.stem for path in frames.DICTIONARIES.iterdir()}
    assert {str(frames.EXPLAINED), str(frames.IMAGES)} <= numbers
    for number in numbers:
        script = (
            "import zstandard,sys;"
            "print(zstandard.ZstdCompressionDict(open(sys.argv[1],'rb').read()).dict_id())"
        )
        path = frames.DICTIONARIES / f"{number}.zdict"
        command = [sys.executable, "-c", script, str(path)]
        assert subprocess.check_output(command, text=True).strip() == number


KEPT = {"1": "ae08ae8418626ab3", "2": "db042135aeef4299"}
"""The beginnings of the SHA-256 of dictionaries that rows were written with, by number."""


def test_no_dictionary_that_rows_were_written_with_is_changed_or_gone() -> None:
    for number, digest in KEPT.items():
        content = (frames.DICTIONARIES / f"{number}.zdict").read_bytes()
        assert hashlib.sha256(content).hexdigest().startswith(digest)
