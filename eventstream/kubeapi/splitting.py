"""Cuts the JSON of a list, as it comes in, into its objects, so that none is held but the next.

A page may have half a gigabyte where objects are large, and a server that does not know pages
sends all it has in one. What stands around the objects is kept, to be judged as the list that it
claims to be. Nothing is decided here about what is in an object: only where it ends.
"""

from collections.abc import Iterator

import msgspec

from eventstream.expressions import expression, possessive
from eventstream.kubeapi.bodies import BodyTooLargeError
from eventstream.objects.decoding import DecodeError

_STRING = rb'"(?:[^"\\]++|\\(?s:.))*+"'
_BRACKET = possessive(rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+([{}\[\]])")
"""The next bracket that is in no string."""
_BEGIN = possessive(rb"[\s,]*+([^\s,])")
_SCALAR = possessive(rb"(?:" + _STRING + rb'|[^\s,"{}\[\]:]++)(?=[\s,\]])')
_ITEMS = possessive(rb'(?<!\\)"items"\s*+:\s*+\[\Z')
_LOOKED_BACK = 64
_BETWEEN = 2
"""How many brackets are open between two objects of a list."""

_TRAILING = expression(r"trailing characters \(byte (\d+)\)")
_TRUNCATED = "Input data was truncated"
_UNCLEAR, _UNFINISHED = -1, -2
_AT_ONCE = 64 * 1024
"""Bytes of what has not ended yet, up to which its end is looked for whenever more comes."""

_value = msgspec.json.Decoder(msgspec.Raw)


class ListSplitter:
    """Takes the bytes of one answer; linear in them, whatever the chunks and whatever they hold."""

    def __init__(self, most_object: int, most_envelope: int) -> None:
        self._most_object = most_object
        self._most_envelope = most_envelope
        self._before: list[bytes] = []
        self._kept = 0
        self._text = b""
        self._more: list[bytes] = []
        self._size = 0
        self._scan_at = 0
        self._start = self._place = 0
        self._depth = 0
        self._in_items = False
        self._blank = 0
        self._ended = False

    @property
    def unfinished(self) -> int:
        """How many bytes are held of what has not ended yet."""
        return self._size

    @property
    def envelope(self) -> bytes:
        """What came so far, but for the objects of the list."""
        rest = () if self._in_items else (self._text, *self._more)
        return b"".join([*self._before, *rest])

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the objects that `chunk` completes, to be taken to the end before the next call.

        Raises BodyTooLargeError where an object, or all around them, is larger than it may be,
        and DecodeError where something stands between objects that no list has there.
        """
        self._more.append(chunk)
        self._size += len(chunk)
        if self._size >= self._scan_at:
            yield from self._scan()
        self._check()

    def end(self) -> Iterator[bytes]:
        """Yield what is complete once nothing more comes; raises as `feed`."""
        self._ended = True
        yield from self._scan()

    def _check(self) -> None:
        if self._in_items:
            self._check_object(self._size)
        around = self._blank if self._in_items else self._kept + self._size
        if around > self._most_envelope:
            raise BodyTooLargeError(
                f"it has more than {self._most_envelope:,} bytes beside its objects"
            )

    def _check_object(self, size: int) -> None:
        if size > self._most_object:
            raise BodyTooLargeError(f"an object in it has more than {self._most_object:,} bytes")

    def _scan(self) -> Iterator[bytes]:
        self._text = b"".join([self._text, *self._more])
        self._more.clear()
        while (found := self._step()) is not None:
            if found:
                self._check_object(len(found))
                yield found
        self._text = self._text[self._start :]
        self._place -= self._start
        self._start = 0
        self._size = len(self._text)
        # What is large is not looked through again for each piece that comes.
        rest = self._size - self._place
        self._scan_at = self._size + (rest // 2 if rest > _AT_ONCE else 1)

    def _step(self) -> bytes | None:
        """Go on by one object, or one bracket around them; return it, b"", or None to wait."""
        if self._in_items and self._depth == _BETWEEN:
            return self._begin()
        if self._in_items:
            return self._close()
        found = _BRACKET.match(self._text, self._place)
        if found is None:
            return None
        self._place = found.end()
        opens = found[1] in (b"{", b"[")
        self._depth += 1 if opens else -1
        if opens and self._depth == _BETWEEN and self._is_at_items():
            self._keep()
            self._in_items = True
        return b""

    def _close(self) -> bytes | None:
        """Count brackets to where the object ends that has begun."""
        text, place, depth, find = self._text, self._place, self._depth, _BRACKET.match
        while depth > _BETWEEN and (found := find(text, place)) is not None:
            place = found.end()
            depth += 1 if found[1] in b"{[" else -1
        self._place, self._depth = place, depth
        return None if depth > _BETWEEN else self._take()

    def _begin(self) -> bytes | None:
        """Go to where the next object begins, and to its end where that is quickly told."""
        begun = _BEGIN.match(self._text, self._place)
        if begun is None:
            self._blank += len(self._text) - self._place
            self._start = self._place = len(self._text)
            return None
        self._start = self._place = begun.start(1)
        match begun[1]:
            case b"]":
                self._in_items = False
                return b""
            case b"{" | b"[":
                return self._nested()
            case b"}" | b":":
                raise DecodeError("between the objects of a list stands what is none")
        found = _SCALAR.match(self._text, self._place)
        return None if found is None else self._take(found.end())

    def _nested(self) -> bytes | None:
        end = _end_of_value(self._text, self._place)
        if end == _UNFINISHED and not self._ended and len(self._text) - self._place < _AT_ONCE:
            return None
        if end >= 0:
            return self._take(end)
        self._place += 1
        self._depth += 1
        return b""

    def _take(self, end: int = _UNCLEAR) -> bytes:
        """Return the object up to `end`, by default up to here."""
        self._place = self._place if end == _UNCLEAR else end
        found = self._text[self._start : self._place]
        self._start = self._place
        self._blank = 0
        return found

    def _keep(self) -> None:
        """Take what stands before the objects out of what is to be looked through."""
        found = self._take()
        self._before.append(found)
        self._kept += len(found)

    def _is_at_items(self) -> bool:
        before = max(self._start, self._place - _LOOKED_BACK)
        return _ITEMS.search(self._text[before : self._place]) is not None


def _end_of_value(text: bytes, start: int) -> int:
    """Return where the JSON value at `start` ends, by what the parser says of what comes after it.

    _UNFINISHED where it seems to go on beyond `text`, _UNCLEAR where the parser can't read it:
    then brackets have to be counted, which takes twenty times as long.
    """
    try:
        _value.decode(memoryview(text)[start:])
    except msgspec.DecodeError as error:
        said = str(error)
        found = _TRAILING.search(said)
        if found is not None:
            return start + int(found[1]) - 1
        return _UNFINISHED if said == _TRUNCATED else _UNCLEAR
    except (UnicodeDecodeError, RecursionError):
        return _UNCLEAR
    return len(text)
