"""Long runs of characters that are random, rather than names, paths or ids."""

from eventstream.expressions import expression
from eventstream.objects.credentials.form import Form, Spans
from eventstream.objects.credentials.values import digit_groups, mixed, worded

_HEX = expression(rb"[0-9a-f]+")
_BEFORE = expression(rb"[\w+/=~.:@-]*$")
_AFTER = expression(rb"(?:[\w+/=~-]|\.\w)*")
_NAMED_ID = expression(
    rb"(?i)(?:sandbox|container|digest|commit|revision|image|reserved for|sync(?:ed)?)"
    rb"(?: id)?\W{0,4}$"
)
_IDS = (b"sha1:", b"sha256:", b"sha512:", b"://")
_LEAST, _LONG = 20, 40
_AROUND = 512


def _random(text: bytes, start: int, end: int) -> Spans:
    """The run that a segment without dashes and dots is in, where that segment is random."""
    segment = text[start:end]
    if _HEX.fullmatch(segment):
        return () if len(segment) < _LONG or _named(text, start) else ((start, end),)
    groups = digit_groups(segment)
    if not mixed(segment) or worded(segment) or groups < (1 if len(segment) >= _LONG else 2):
        return ()
    before = _BEFORE.search(text[max(start - _AROUND, 0) : start])
    begins = start - (len(before[0]) if before is not None else 0)
    after = _AFTER.match(text[end : end + _AROUND])
    return ((begins, end + (after.end() if after is not None else 0)),)


def _named(text: bytes, start: int) -> bool:
    """Whether what stands before says that this is an id or a digest."""
    before = text[max(start - 32, 0) : start]
    return before.endswith(_IDS) or _NAMED_ID.search(before) is not None


def _mixed(text: bytes, start: int, end: int) -> Spans:
    """A run with slashes, as base64 has, where it has too much of everything for a path."""
    run = text[start:end]
    path = run.startswith(b"/") or text[end : end + 1] == b"."
    random = mixed(run) and not worded(run) and digit_groups(run) >= 2
    return ((start, end),) if random and not path else ()


FORMS = (
    Form(rf"[A-Za-z0-9+=]{{{_LEAST},}}", _random),
    Form(rf"(?:^|[^\w+/=.:@~-])([A-Za-z0-9+/]{{{_LONG},}}=*)", _mixed),
)
