"""The messages of the wire between page and server, as the types that check them.

What a browser sends is decoded strictly: a message that is not exactly one of these is refused
with a reason, and never half understood.
"""

import json
from collections.abc import Iterable, Iterator

import msgspec

from dashboard import feeds
from dashboard.pages.page import Asked, Feeding
from dashboard.pages.registry import FEEDS
from eventstream import history

MESSAGE_BYTES = 4096
"""A longer message from a browser is no message of ours."""

MESSAGES_A_SECOND = 20

BATCH_BYTES = 48 * 1024
"""A batch is sent in pieces of about this size: the server refuses to send endless messages."""


class ProtocolError(ValueError):
    """What a browser sent is not the protocol; the message says why and fits a close reason."""


class Allowance:
    """How many messages may be sent: so many a second, twice that for a moment.

    A page acknowledges each batch, so it may send one more message for each that it was sent.
    """

    def __init__(self, a_second: int = MESSAGES_A_SECOND) -> None:
        self._a_second = a_second
        self._left = 2.0 * a_second
        self._filled: float | None = None

    def owe(self) -> None:
        """Note that the page was sent a batch."""
        self._left += 1.0

    def spend(self, now: float) -> None:
        """Note a message at `now` (any clock's seconds); raises ProtocolError if it's too many."""
        most = 2.0 * self._a_second
        if self._filled is not None and self._left < most:
            self._left = min(self._left + (now - self._filled) * self._a_second, most)
        self._filled = now
        self._left -= 1.0
        if self._left < 0:
            raise ProtocolError(f"more than {self._a_second} messages a second")


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type", forbid_unknown_fields=True):
    """The first message: what the page shows, and the epoch and seq that it was drawn at."""

    epoch: str
    since: int
    view: str
    filter: history.Filter = history.Filter()


class Sub(msgspec.Struct, frozen=True, tag="sub", tag_field="type", forbid_unknown_fields=True):
    """The page now shows something else, drawn at `since`."""

    epoch: str
    since: int
    view: str
    filter: history.Filter = history.Filter()


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="type", forbid_unknown_fields=True):
    """The page has taken in the batch of this seq."""

    seq: int


_Message = Hello | Sub | Ack
_decoder: msgspec.json.Decoder[_Message] = msgspec.json.Decoder(_Message)


def decode(text: str | None) -> Hello | Sub | Ack:
    """Return the message that a browser sent; raises ProtocolError when it is none."""
    if text is None:
        raise ProtocolError("binary messages are not part of the protocol")
    if len(text) > MESSAGE_BYTES:
        raise ProtocolError(f"the message is longer than {MESSAGE_BYTES} characters")
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise ProtocolError(f"not a message: {error}") from error


def feed_of(message: Hello | Sub) -> feeds.Feed:
    """Return what the page follows; raises ProtocolError for a view that no page has."""
    feeding, asked = _feeding(message.view)
    return feeding.make(asked, message.filter)


def _feeding(view: str) -> tuple[Feeding, Asked]:
    """Return what feeds the page that asks for `view`, and what it asks; or ProtocolError."""
    for feeding in FEEDS:
        if asked := feeding.view.fullmatch(view):
            return feeding, asked
    raise ProtocolError(f"no page shows the view {view[:40]!r}")


def must_reset(message: Hello | Sub) -> bool:
    """Whether the page can't be continued: another database, or older than what is kept.

    A feed that has no seq in history tells its page everything in any case.
    """
    if not _feeding(message.view)[0].resumes:
        return False
    return (
        message.epoch != history.epoch() or not history.floor() <= message.since <= history.head()
    )


def batches(update: feeds.Update, since: int) -> Iterator[str]:
    """Yield the messages, as JSON, that bring a page from `since` to the update's seq.

    Only the last one says that seq: a page that loses the line between them is told all again.
    """
    piece: list[str] = []
    size = 0
    for op in update.ops:
        text = written(op)
        if piece and size + len(text) > BATCH_BYTES:
            yield _batch(since, piece)
            piece, size = [], 0
        piece.append(text)
        size += len(text)
    if piece:
        yield _batch(update.seq, piece)


def _batch(seq: int, ops: Iterable[str]) -> str:
    return f'{{"type":"batch","seq":{seq},"ops":[{",".join(ops)}]}}'


def written(message: object) -> str:
    """Return a message, or a part of one, as JSON."""
    return json.dumps(message, separators=(",", ":"))
