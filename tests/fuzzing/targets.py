"""What fuzzers throw bytes at: each must take any at all, and refuse only in its own words.

A first even byte lets the rest decide an odd object; after an odd one the rest is what came.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from dashboard import protocol
from eventstream.auditlog import read_audit
from eventstream.explain.engine.engine import Engine
from eventstream.management.commands.explain import Explained
from eventstream.management.output import step_records, trace_record
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.cluster_kinds import EventFacts
from eventstream.objects.decoding import DecodeError, Decoder, encode
from eventstream.objects.messages import scrub
from eventstream.objects.observations import Change
from eventstream.objects.redaction import MESSAGE_LIMIT, Redactor
from eventstream.objects.resource import Resource
from eventstream.plain import plain
from eventstream.replaying import PassedOver, replay
from tests.fuzzing import odd
from tests.fuzzing.samples import types_watched

KEY = b"fuzzing"


class Chosen:
    """Choices that bytes decide; when they are used up, the first of each is taken."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def randrange(self, below: int, /) -> int:
        """A number below `below`, from the next two bytes."""
        return ((next(self._data, 0) << 8) | next(self._data, 0)) % below


def _given(data: bytes, made: Callable[[odd.Draw], bytes]) -> bytes:
    """The raw bytes, or what they decide."""
    return data[1:] if data[:1] and data[0] % 2 else made(Chosen(data[1:]))


def _told(error: Exception) -> None:
    """What was refused says why."""
    assert str(error)


def watch_lines(data: bytes) -> None:
    """A line of a watch is decoded, or refused; what is kept of it reads back the same."""
    api_version, plural, kind = types_watched()[len(data) % len(types_watched())]
    group, _, version = api_version.rpartition("/")
    resource = Resource(group, version, plural, kind)
    decoder = Decoder(KEY)

    def made(draw: odd.Draw) -> bytes:
        return odd.written({"type": "MODIFIED", "object": odd.odd_object(draw)[1]})

    try:
        image = decoder.event(resource, _given(data, made)).image
    except DecodeError as error:
        _told(error)
        return
    if image is not None:
        again = decoder.image(resource, encode(image))
        assert encode(again) == encode(image)
        for shown in (
            Change(resource, "ADDED", image, 1e9),
            Change(resource, "DELETED", image, 2e9),
        ):
            engine = Engine("fuzzing")
            engine.apply(shown)
            engine.tick(shown.at + 1)


def events(data: bytes) -> None:
    """An Event's message is scrubbed, cut, and the same when it is scrubbed again."""
    told = Decoder(KEY).event
    try:
        image = told(Resource("", "v1", "events", "Event"), _given(data, odd.odd_event)).image
    except DecodeError:
        return
    facts = image.spec if image is not None else None
    message = facts.message if isinstance(facts, EventFacts) else None
    redactor = Redactor(KEY)
    for each in (message or "", data.decode(errors="replace")):
        shown = redactor.message(each)
        assert len(shown) <= MESSAGE_LIMIT
        assert redactor.message(shown) == shown
        scrub(each[:MESSAGE_LIMIT], redactor.hide)
        assert "\x1b" not in plain(shown)


def audit_lines(data: bytes) -> None:
    """A line of an audit log tells of a request, of none, or is refused."""
    decoder = AuditDecoder(KEY)
    line = _given(data, odd.odd_audit_line)
    try:
        record = decoder.record(line)
    except DecodeError as error:
        _told(error)
    else:
        assert record is None or msgspec.json.encode(record)
    decoder.logged(line)


def messages(data: bytes) -> None:
    """A message of a page is one of ours, or refused with a reason."""
    given = _given(data, lambda draw: odd.odd_message(draw).encode()).decode(errors="replace")
    try:
        message = protocol.decode(given)
        if not isinstance(message, protocol.Ack):
            protocol.feed_of(message)
    except protocol.ProtocolError as error:
        _told(error)


def recordings(data: bytes) -> None:
    """A recording is explained, and each line of it used or passed over."""
    with TemporaryDirectory() as directory:
        tape, audit = Path(directory, "tape"), Path(directory, "audit")
        tape.write_bytes(_given(data, _recording))
        audit.write_bytes(
            b"\n".join(odd.odd_audit_line(random.Random(len(data)), n) for n in (1, 2))
        )
        assert list(read_audit(audit, AuditDecoder(KEY))) is not None
        explained, engine = Explained(), Engine("fuzzing", audited=True)
        for shown in replay(engine, tape, KEY, audit):
            if isinstance(shown, PassedOver):
                assert str(shown)
            else:
                explained.take(shown.upserts, shown.at, engine)
        for step in explained.steps.values():
            assert all(msgspec.json.encode(record) for record in step_records(step))
        assert all(msgspec.json.encode(trace_record(trace)) for trace in explained.traces.values())


def _recording(draw: odd.Draw) -> bytes:
    return b"\n".join(odd.odd_recording(draw))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "recordings": recordings,
    "watch-lines": watch_lines,
    "events": events,
    "audit-lines": audit_lines,
    "messages": messages,
}


def seeds(name: str) -> Iterator[bytes]:
    """What to begin with: bytes that decide many things, and what is nearly sound."""
    made: dict[str, Callable[[odd.Draw], bytes]] = {
        "recordings": _recording,
        "watch-lines": lambda draw: odd.written(
            {"type": "ADDED", "object": odd.odd_object(draw)[1]}
        ),
        "events": odd.odd_event,
        "audit-lines": odd.odd_audit_line,
        "messages": lambda draw: odd.odd_message(draw).encode(),
    }
    for number in range(64):
        draw = random.Random(number)
        yield b"\0" + draw.randbytes(600)
        yield b"\1" + made[name](draw)
