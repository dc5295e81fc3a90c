"""Finds what looks like a credential in the free text of a cluster.

Such text is written by many programs, and some put into it what they were given: a URL with its
password, a header, a setting, a command. It is also the best evidence there is, so ordinary
sentences, image references, names, uids, container ids and quantities have to stay as they are.
Forms are tried beside each other; what one of them finds is hidden, whatever the others say.
"""

from eventstream.expressions import Choice, expression
from eventstream.objects.credentials import (
    addresses,
    assignments,
    commands,
    detectors,
    formats,
    headers,
    runs,
)
from eventstream.objects.credentials.form import Form, Span
from eventstream.objects.credentials.values import next_setting

__all__ = ["FORMS", "Span", "credentials"]

FORMS: tuple[Form, ...] = (
    *assignments.FORMS,
    *headers.FORMS,
    *addresses.FORMS,
    *commands.FORMS,
    *formats.FORMS,
    *detectors.FORMS,
    *runs.FORMS,
)
_EXPRESSIONS = [expression(form.pattern.encode(), whole=True) for form in FORMS]
_CHOICE = Choice([form.pattern for form in FORMS])
_CUTS = 32
_TELLING, _REPEATED = 8, 32
"""From so many bytes on a value is looked for elsewhere, and so many of them."""


def credentials(text: bytes) -> list[Span]:
    """Where credentials stand in `text` (UTF-8): spans of bytes in order, none over another.

    One reading tells which forms occur at all, so that an ordinary text costs no more.
    """
    found: list[Span] = []
    for number in _CHOICE.among(text):
        found += _of(number, text)
    return _joined(found + _repeated(text, found))


def _of(number: int, text: bytes) -> list[Span]:
    """What one form finds. A value that was cut short is followed by what may be another.

    Only so often, for each time the rest is read again; after that no value is cut short.
    """
    form, ask = FORMS[number], _EXPRESSIONS[number].search
    found: list[Span] = []
    place = cuts = 0
    while (match := ask(text, place)) is not None:
        value, judged = form.judged(text, match)
        ends = judged[-1][1] if judged else next_setting(text, *value)
        place = max(match.end(), match.start() + 1)
        if form.quoted and ends < match.end():
            cuts += 1
            if cuts <= _CUTS:
                place = max(ends, match.start() + 1)
            elif judged:
                judged = (value,)
        found += judged
    return found


def _repeated(text: bytes, found: list[Span]) -> list[Span]:
    """Where else the same values stand, without what told them there."""
    values = list(dict.fromkeys(text[start:end] for start, end in found if end - start >= _TELLING))
    more: list[Span] = []
    for value in values[:_REPEATED]:
        place = text.find(value)
        while place >= 0:
            more.append((place, place + len(value)))
            place = text.find(value, place + len(value))
    return more


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return joined
