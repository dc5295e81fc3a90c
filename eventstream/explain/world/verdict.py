"""What a rule decides about one write: the claims of a step, before ids are given."""

from typing import TYPE_CHECKING

import msgspec

from eventstream.explain.vocabulary.documented.rule import RuleName
from eventstream.explain.vocabulary.records import Evidence, Grade, Loop, Verb

if TYPE_CHECKING:
    from eventstream.explain.world.writes import Write


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


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who wrote, what, and why. `causes` are the writes that this one answers, primary first.

    `begins` says that this write begins a trace of its own (a client acted); without it and
    without causes the step goes to the background trace of its object. A rule gives either the
    words or a `telling` that makes them. `stranger` is how the words call a client that is not
    known by name, where that is not just "A client". The garbage collector need not look inside:
    `forgetting` takes verdicts apart.
    """

    rule: RuleName
    actor: str
    verb: Verb
    what: str = ""
    why: str = ""
    who_grade: Grade
    why_grade: Grade
    actor_name: str = ""
    subresource: str | None = None
    causes: "tuple[Write, ...]" = ()
    begins: bool = False
    evidence: tuple[Evidence, ...] = ()
    source_url: str = ""
    loop: Loop | None = None
    telling: Telling | None = None
    documented: tuple[int, ...] = ()
    documented_store: tuple[int, ...] = ()
    documented_broadcast: tuple[int, ...] = ()
    node: str | None = None
    stranger: str = ""

    @property
    def said(self) -> Said:
        """Its words; those of a telling are made anew each time."""
        if self.telling is not None:
            return self.telling.said()
        return Said(self.what, self.why, self.evidence, self.loop)

    def told(self) -> "Verdict":
        """The same verdict in words."""
        said = self.said
        return msgspec.structs.replace(
            self,
            telling=None,
            what=said.what,
            why=said.why,
            evidence=said.evidence,
            loop=said.loop,
        )

    def differs_for_others(self, other: "Verdict") -> bool:
        """Whether what later writes may rest on differs: the rule, or who acted."""
        return (self.rule, self.begins, self.actor, self.actor_name) != (
            other.rule,
            other.begins,
            other.actor,
            other.actor_name,
        )
