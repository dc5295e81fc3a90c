"""What is searched of a step and of a trace: its names and sentences, as one text each."""

from collections.abc import Sequence
from typing import Protocol

from eventstream.explain.vocabulary.records import ObjectRef, Step, Verb

PLACE = "\N{PILCROW SIGN}"
"""Stands before the number of a step's place, in a word that no text of a cluster can have."""

WORD_MOST = 40
"""So many letters of a word are kept in the index: those of a digest tell it from all others."""


class TraceTexts(Protocol):
    """What is searched of a trace."""

    @property
    def root(self) -> ObjectRef:
        """The object whose change began it."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def cause(self) -> str:
        """Who began it and how."""

    @property
    def state(self) -> str:
        """How it stands, in a word."""

    @property
    def summary(self) -> str:
        """The same in a sentence."""

    @property
    def diagnosis(self) -> str | None:
        """What is wrong, as a code."""


def is_searched(verb: Verb) -> bool:
    """Whether steps with this verb are found: heartbeats, which all begin alike, are not."""
    return verb != "renew"


def step_text(step: Step) -> str:
    """The names and sentences of a step."""
    ref, told = step.object, (step.what, step.why, step.actor_name, step.node or "")
    return told_of_step(told, (ref.kind, ref.namespace or "", ref.name))


def told_of_step(sentences: Sequence[str], names: Sequence[str]) -> str:
    """The same, of what a row holds of it."""
    return " ".join((*sentences, *names))


def trace_text(trace: TraceTexts) -> str:
    """The names and sentences of a trace; of what goes on, only what its steps do not say anew."""
    told = (trace_names(trace), trace.root.kind, trace.cause, trace.diagnosis or "")
    return " ".join(told if trace.state == "running" else (*told, trace.summary))


def trace_names(trace: TraceTexts) -> str:
    """What a trace is called: its title, and its root's name and namespace."""
    root = trace.root
    title = trace.title if root.name in trace.title else f"{trace.title} {root.name}"
    return f"{title} {root.namespace or ''}"


def at_place(place: int) -> str:
    """The word by which the steps at one place are found."""
    return f"{PLACE}{place}"


def step_entry(text: str, place: int) -> str:
    """What the index is given of a step at a place."""
    return f"{indexable(text)} {at_place(place)}"


def indexable(text: str) -> str:
    """A text whose words are told apart by ASCII alone, as an index does that knows no other.

    Of a word that is longer than WORD_MOST its beginning is left.
    """
    if text.isascii() and len(max(text.split(), key=len, default="")) <= WORD_MOST:
        return text
    return " ".join(word[:WORD_MOST] for word in words(text.lower()))


def words(text: str) -> list[str]:
    """The letters and digits of a text between all else."""
    return text.translate(_APART).split()


class _Apart(dict[int, int]):
    """What each character is in a text of words alone: itself, or a space."""

    def __missing__(self, code: int) -> int:
        found = code if chr(code).isalnum() else _SPACE
        if len(self) < _APART_MOST:
            self[code] = found
        return found


_SPACE, _APART_MOST = ord(" "), 4096
_APART = _Apart()
