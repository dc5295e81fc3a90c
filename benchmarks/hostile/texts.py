"""Hostile text: one Event of up to 1 MB for each regular expression, and the planted credentials.

Each text is made of the expression's own parts, and goes the whole way of an Event: its line is
decoded, its message read, cut and redacted. While that lasts nothing else runs.
"""

import json
import resource
import time
from collections.abc import Iterator
from itertools import islice

from benchmarks.hostile.report import row
from eventstream import expressions
from eventstream.objects.decoding import Decoder
from eventstream.objects.redaction import Redactor
from eventstream.objects.resource import Resource
from tests.objects.hostile import hostile
from tests.objects.texts import ordinary, planted, recorded, shows

KEY = b"benchmark"
EVENTS = Resource("", "v1", "events", "Event", namespaced=True)
SIZES = (15_000, 50_000, 1_000_000)
EACH = 4
"""Texts of each expression at each size."""


def main() -> None:
    """Run all of it and print a line each."""
    for size in SIZES:
        held, expression, count = _longest(size)
        note = f"{count} Events; longest: {expression[:50]}"
        row(
            f"an Event of {size:,} hostile bytes",
            memory_mb=_memory(),
            longest_hold_ms=held,
            note=note,
        )
    held = _held("--password" * 5_000)
    row("the Event of 50 kB that held all for 164 s", memory_mb=_memory(), longest_hold_ms=held)
    _credentials()
    _harmless()


def _longest(size: int) -> tuple[float, str, int]:
    """The longest hold in ms by one Event of that size, whose expression that was, and how many."""
    worst, whose, count = 0.0, "", 0
    for pattern, text in _texts(size):
        held = _held(text)
        count += 1
        if held > worst:
            worst, whose = held, repr(pattern)
    return worst, whose, count


def _texts(size: int) -> Iterator[tuple[str | bytes, str]]:
    for each in list(expressions.ALL):
        yield from ((each.pattern, text) for text in islice(hostile(each.pattern, size), EACH))


def _held(message: str) -> float:
    """For how many ms the decoding of one line of a watch, with this message, holds everything."""
    content = {
        "kind": "Event",
        "metadata": {"name": "a.1", "namespace": "a", "uid": "u", "resourceVersion": "1"},
        "involvedObject": {"kind": "Pod", "name": "a", "namespace": "a"},
        "reason": "Failed",
        "message": message,
    }
    line = json.dumps({"type": "ADDED", "object": content}).encode()
    decoder = Decoder(KEY)
    began = time.process_time()
    decoder.event(EVENTS, line)
    return (time.process_time() - began) * 1000


def _credentials() -> None:
    redactor = Redactor(KEY)
    left = [name for name, text, value in planted() if shows(redactor.message(text), value)]
    count = sum(1 for _ in planted())
    row("planted credentials", note=f"{count - len(left)} of {count} are hidden")


def _harmless() -> None:
    redactor = Redactor(KEY)
    texts = [*ordinary(), *recorded()]
    began = time.process_time()
    changed = sum(redactor.message(text) != text for text in texts)
    each = (time.process_time() - began) / len(texts) * 1e6
    note = f"{changed} of {len(texts)} are altered; {each:.1f} µs each when seen first"
    row("ordinary messages", note=note)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
