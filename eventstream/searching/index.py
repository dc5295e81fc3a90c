"""What a database's own index has to do; each engine's dialect has one."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from eventstream.searching.terms import Terms

Changed = tuple[int, str | None, str | None]
"""The number of a row, the text that it had, and the one that it gets."""

Entry = tuple[int, str]
"""The number of a row, and what is searched of it."""


class Only(NamedTuple):
    """What somebody may see, who may not see all: nothing else is found, nor counted.

    `where` is a condition on a number, `found.number`, as SQL with what that is asked with. The
    others only say where to look: no step or trace is seen without all words of one of `words`, and
    no step but at one of `places`; where there are none, that is not known. `numbers` are all that
    may be seen, None where these are too many to say.
    """

    where: str
    given: Sequence[Any]
    words: Sequence[Sequence[str]] = ()
    places: Sequence[int] = ()
    numbers: Sequence[int] | None = None


class TextIndex(Protocol):
    """The words of steps (by seq) and traces (by number), and the names of objects and traces.

    Names are found by any part of them, whatever its case. What takes too long to look for raises
    `TooWideError`.
    """

    def add_steps(self, entries: Sequence[Entry]) -> None:
        """Take in the texts of new steps, in order of seq."""

    def remove_steps(self, entries: Sequence[Entry]) -> None:
        """Take out steps, with the texts by which they were taken in, in order of seq."""

    def put_traces(self, entries: Sequence[Changed]) -> None:
        """Change the text of traces, from one to another, in order of number; None is none."""

    def put_trace_names(self, entries: Sequence[Changed]) -> None:
        """The same of what they are called."""

    def add_objects(self, entries: Sequence[Entry]) -> None:
        """Take in the names of new objects, in order of number."""

    def remove_objects(self, entries: Sequence[Entry]) -> None:
        """Take out objects, with their names, in order of number."""

    def tidy(self, pages: int) -> bool:
        """Give back some of the room that was taken out, by so much work; False where none is."""

    def steps(self, terms: Terms, below: int, limit: int, only: Only | None = None) -> list[int]:
        """The seqs below one of the steps that have all terms, the highest first."""

    def traces(self, terms: Terms, below: int, limit: int, only: Only | None = None) -> list[int]:
        """The numbers below one of the traces that have all terms, the highest first."""

    def objects(
        self, parts: Sequence[str], below: int, limit: int, only: Only | None = None
    ) -> list[int]:
        """The numbers below one of objects whose names have one of the parts, the highest first."""

    def named_traces(self, part: str, limit: int) -> list[int]:
        """The numbers of so many traces that are called so in part."""


def text_index(wrapper: Any) -> TextIndex:
    """The index of the database behind a connection of Django's."""
    found: TextIndex = wrapper.dialect.text_index(wrapper)
    return found
