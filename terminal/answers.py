"""What is answered: how an object stands, by its trace, and what could not be read for that."""

import msgspec

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.objects.observations import Problem


class Writer(msgspec.Struct, frozen=True):
    """Who last wrote to the object, by its managedFields: a name that the writer chose.

    `at` is that entry's time, to the second, as the object has it; "" where it has none.
    """

    manager: str
    operation: str
    subresource: str
    at: str


class Unread(msgspec.Struct, frozen=True):
    """What could not be read, so that nothing of it is known: all of a type, or of one place."""

    what: str
    problem: Problem


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How an object stands at `at` (unix seconds), as it was seen by `source`.

    `steps` are the last ones that were watched, in order; `writers` stand for what was before.
    `behind` says why what is told may not be of now, "" where it is.
    """

    object: ObjectRef
    trace: Trace
    at: float
    source: str
    steps: tuple[Step, ...] = ()
    writers: tuple[Writer, ...] = ()
    unread: tuple[Unread, ...] = ()
    behind: str = ""
    trace_url: str = ""

    @property
    def current(self) -> bool:
        """Whether what is told is of now."""
        return not self.behind


class NotFoundError(Exception):
    """There is no such object; the message says where it was looked for."""


class CannotAskError(Exception):
    """No answer could be had; the message says why, and what to do."""
