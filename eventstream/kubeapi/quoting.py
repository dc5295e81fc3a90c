"""Shows what a server said: in one line, not for ever, and without what it should not have told.

Such text goes into problems, the log and a terminal. What is not printable could end a line of
the log, and begin another one that nobody wrote, or rule a terminal.
"""

from eventstream.objects.messages import scrub

LONGEST = 300
"""Characters of a foreign text that are quoted."""
_READ = 4 * LONGEST
"""Characters that are looked at: what begins within those quoted has to be known for what it is."""


def quoted(text: str, most: int = LONGEST) -> str:
    """Return `text` as one printable line of at most `most` characters, credentials hidden."""
    text = scrub(text[:_READ].strip(), lambda _: "hidden")
    shown = "".join(each if each.isprintable() else _escaped(each) for each in text[:most])
    return shown if len(shown) <= most and len(text) <= most else shown[: most - 1] + "…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
