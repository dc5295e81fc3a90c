"""Loads templates without the lines that they are laid out in.

A template file has an element a line, indented, so that a person can read it. Sent like that, a
page would be a third larger, and white space would part what touches. So the lines are joined,
once, when Django loads the file:

- beside a tag, of HTML or of Django, a line break is nothing;
- between words, and within an HTML tag, it is a space;
- a space beside a tag that a line break parts from it is written `{{ " " }}`.

What is preformatted has its lines from a variable, therefore, never from the file.
"""

from django.template.base import Origin, tag_re
from django.template.loaders import filesystem

SPACE = '{{ " " }}'

_STATEMENT, _SPACE, _VARIABLE = "\0", "\1", "\2"
"""What stands for each code of Django while lines are joined: none holds a quote or a bracket."""

_ENDS = {"": {"<": ">"}, ">": {">": "", '"': '"', "'": "'"}}
"""Where in text or a tag something else begins, by the character that ends it."""


class Loader(filesystem.Loader):
    """Finds templates where Django's own loader does."""

    def get_contents(self, origin: Origin) -> str:
        """Return the text of a template, its lines joined."""
        return joined(super().get_contents(origin))


def joined(source: str) -> str:
    """Return the text of a template as if it had been written without line breaks."""
    pieces = tag_re.split(source)  # Text and codes by turns.
    pieces[1::2], codes = map(_sign, pieces[1::2]), iter(pieces[1::2])
    whole = ""
    within = ""
    for line in filter(None, map(str.strip, "".join(pieces).split("\n"))):
        whole += _between(whole[-1:], line[0], within) + line
        within = _within(line, within)
    kept = (next(codes) if char in _STATEMENT + _SPACE + _VARIABLE else char for char in whole)
    return "".join(kept).replace(SPACE, " ")


def _sign(code: str) -> str:
    """Return the one character that stands for a code."""
    if code == SPACE:
        return _SPACE
    return _VARIABLE if code.startswith("{{") else _STATEMENT


def _between(last: str, first: str, within: str) -> str:
    """Return what stands for a line break between these two characters."""
    if within:
        return "" if first == ">" else " "
    beside = last in ">" + _STATEMENT + _SPACE or first in "<" + _STATEMENT + _SPACE
    return "" if beside else " "


def _within(line: str, within: str) -> str:
    """Return what ends the tag or the value that `line` leaves open, "" where it is in text."""
    for char in line:
        if within in _ENDS:
            within = _ENDS[within].get(char, within)
        elif char == within:
            within = ">"
    return within
