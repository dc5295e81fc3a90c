"""Tells a credential from a word, a name, a number or a path, where only its shape can say it."""

from eventstream.expressions import expression
from eventstream.objects.credentials.form import Spans

_PROSE = expression(
    rb"[A-Za-z]?[a-z]+(?:[-.'][a-z]+)*[.,:;!?]?|[a-z][a-z0-9_]*:|[0-9]{1,3}|[0-9]+[kKMGTPE]i?|realm="
)
"""Words of a sentence, `tls.key`, `x509:`, small numbers and quantities."""

_PLACEHOLDER = expression(rb"\$[({].*|\*+|<.*|%[sdvq]|(?i:redacted|null|nil|none|true|false)")
"""What stands where a credential would: a reference to it, or stars."""

_NEXT = expression(rb"[,;&](?:amp;)?[\w.-]+[=:]|&(?:quot|#3[49]|apos|lt|gt);")
"""Where the next setting begins, or a quote that is written out ends."""

_STOPS = frozenset(
    b"access again and are as at authentication authorization be but by can cannot change check "
    b"contains could denied did does doesn't empty error expired failed for forbidden from had has "
    b"in incorrect invalid is isn't it mismatch missing must no not of on or please refused "
    b"rejected required reset should the this to too unauthorized unknown was wasn't were while "
    b"will with wrong you your string value secret secrets configmap flag requires needs "
    b"stringarray int bool".split()
)
"""Words that go on with a sentence, where a value might begin."""

_TRAILING = b".,;:!?)]}>"


def bare(text: bytes, start: int, end: int) -> Spans:
    """A value without quotes: up to the next setting, without the punctuation that follows it."""
    value = _closed(text[start : next_setting(text, start, end)])
    if not value or value[:1] in b"{[(" or _PLACEHOLDER.fullmatch(value):
        return ()
    return ((start, start + len(value)),)


def next_setting(text: bytes, start: int, end: int) -> int:
    """Where, in a value without quotes, the next setting begins; its end where none does."""
    found = _NEXT.search(text[start:end])
    return end if found is None else start + found.start()


def unless_prose(text: bytes, start: int, end: int) -> Spans:
    """As `bare`, where it is no word of a sentence, no small number and no quantity."""
    if _PROSE.fullmatch(text[start:end]):
        return ()
    spans = bare(text, start, end)
    return () if any(_PROSE.fullmatch(text[a:b]) for a, b in spans) else spans


def unless_sentence(text: bytes, start: int, end: int) -> Spans:
    """As `bare`, where it is not one of the words that go on with a sentence."""
    spans = bare(text, start, end)
    return () if any(text[a:b].lower() in _STOPS for a, b in spans) else spans


def if_strong(text: bytes, start: int, end: int) -> Spans:
    """As `bare`, where no word of a language looks like it: digits within letters, or signs."""
    return tuple(span for span in bare(text, start, end) if _strong(text[slice(*span)]))


def if_random(text: bytes, start: int, end: int) -> Spans:
    """As `bare`, where it is long and mixed as only what a program made is."""
    return tuple(span for span in bare(text, start, end) if random(text[slice(*span)]))


def if_mixed(text: bytes, start: int, end: int) -> Spans:
    """As `if_random`, or where it has capitals, small letters and digits: no name has."""
    return tuple(
        span
        for span in bare(text, start, end)
        if spiced(text[slice(*span)]) or random(text[slice(*span)])
    )


def spiced(value: bytes) -> bool:
    """Whether it is of some length, and has capitals, small letters and digits."""
    return len(value) >= 8 and mixed(value) and digit_groups(value) > 0


def _closed(value: bytes) -> bytes:
    """The value without what closes a sentence or a bracket that was opened before it."""
    while value and value[-1] in _TRAILING:
        opening = {41: b"(", 93: b"[", 125: b"{"}.get(value[-1])
        if opening is not None and value.count(opening) >= value.count(value[-1:]):
            break
        value = value[:-1]
    return value


_SIGNS = frozenset(b"!#$%^*+=?~@&|")


def _strong(value: bytes) -> bool:
    if len(value) < 4 or value[:1] in b"/.-":
        return False
    digits = sum(48 <= byte <= 57 for byte in value)
    signs = sum(byte in _SIGNS for byte in value)
    letters = sum(chr(byte).isalpha() or byte > 127 for byte in value)
    return bool(letters) and bool(digits or signs)


def random(value: bytes) -> bool:
    """Whether a value without spaces is random: long, with digits in several places, or mixed.

    Names of Kubernetes are of small letters; what has capitals has few digits, in one place.
    """
    if len(value) < 16:
        return False
    groups = digit_groups(value)
    if mixed(value):
        return groups >= 2 and not worded(value)
    plain = value.replace(b"_", b"").isalnum()
    return groups >= 3 and plain


def mixed(value: bytes) -> bool:
    """Whether there are both capitals and small letters."""
    return value.lower() != value and value.upper() != value


_WORD = expression(rb"[a-z]{3,}", whole=True)


def worded(value: bytes) -> bool:
    """Whether most of it is small letters in rows, as in `TopologySpreadConstraints`."""
    return sum(map(len, _WORD.findall(value))) * 5 >= len(value) * 3


def digit_groups(value: bytes) -> int:
    """In how many places there are digits."""
    before, groups = False, 0
    for byte in value:
        now = 48 <= byte <= 57
        groups += now and not before
        before = now
    return groups
