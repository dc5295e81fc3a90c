"""Puts digests in the place of the credentials in a text, and bounds how much of it is read."""

from collections.abc import Callable

from eventstream.expressions import LONGEST, expression
from eventstream.objects.credentials import Span, credentials

_RELIED_ON = 6144
"""Bytes of a longer text that are shown: what tells a credential may stand after it."""

_HIDDEN = expression(rb"hidden:[0-9a-f]{12}", whole=True)


def scrub(text: str, hide: Callable[[str], str]) -> str:
    """`text` with `hide(credential)` in place of each; time linear in its length.

    Of a text longer than 8192 characters only the beginning is read, and somewhat less is kept,
    so that a credential across the end is hidden as a whole.
    """
    cut = len(text) > LONGEST
    content = (text[:LONGEST] if cut else text).encode("utf-8", "replace")
    found = credentials(content)
    if not found and not cut:
        return text
    end = min(len(content), _RELIED_ON) if cut else len(content)
    shown, place = [], 0
    for start, ends in _unhidden(content, found):
        if start >= end:
            break
        shown += [content[place:start], hide(content[start:ends].decode(errors="replace")).encode()]
        place = ends
    shown.append(content[place : max(end, place)])
    return b"".join(shown).decode(errors="ignore") + ("…" if cut else "")


def withheld(text: str) -> str:
    """`text` with the word `hidden` in place of each credential, where no key is at hand."""
    return scrub(text, lambda _: "hidden")


def _unhidden(content: bytes, spans: list[Span]) -> list[Span]:
    """The spans without what is hidden in them already, and signs that are left alone by that."""
    kept: list[Span] = []
    for start, end in spans:
        part, place = content[start:end], 0
        if b"hidden:" not in part:
            kept.append((start, end))
            continue
        for match in _HIDDEN.finditer(part):
            kept += _told(part, place, match.start(), start)
            place = match.end()
        kept += _told(part, place, len(part), start)
    return kept


def _told(part: bytes, begin: int, end: int, offset: int) -> list[Span]:
    telling = any(chr(byte).isalnum() for byte in part[begin:end])
    return [(offset + begin, offset + end)] if telling else []
