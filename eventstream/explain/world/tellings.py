"""What a step says, and what its words are made of once somebody asks for them."""

import msgspec

from eventstream.explain.vocabulary.records import Evidence, Loop


class Said(msgspec.Struct, frozen=True, gc=False):
    """What a step says in words: what was done, why, and what shows it."""

    what: str
    why: str
    evidence: tuple[Evidence, ...] = ()
    loop: Loop | None = None


class Telling(msgspec.Struct, frozen=True, gc=False):
    """What a rule found out, to be put into words only where somebody stores or shows the step.

    Verdicts are compared by what their tellings hold. So a telling holds all that its words are
    made of, and nothing that changes later: of another write what it is called, not itself.
    """

    def said(self) -> Said:
        """The words."""
        raise NotImplementedError
