"""What may be claimed of a write: who made it, by managedFields or a request; in which words.

The words are made only once somebody asks for them.
"""

from typing import Literal

import msgspec

from eventstream.explain.vocabulary.records import Evidence, Grade, Loop
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, MANAGERS
from eventstream.objects.images import NO_FIELDS
from eventstream.objects.observations import AuditRecord

Basis = Literal["created", "appeared", "moved", "covers", "several", "removed", "none"]

ALL_IN_ONE = frozenset({"k3s", "kubelite", "microshift"})
"""Programs that run all components in one process, which then share their name as manager."""

BUILT_IN = frozenset({CONTROLLER_MANAGER, *MANAGERS, *ALL_IN_ONE})
"""Managers that Kubernetes' own components write as."""

CONTROLLERS = frozenset({CONTROLLER_MANAGER, *ALL_IN_ONE})
"""Managers that its controllers write as."""


class Writer(msgspec.Struct, frozen=True, gc=False):
    """Who managedFields says wrote.

    With `several` (see `candidates`), `removed` (fields were only taken away) or `none` as basis
    it names nobody.
    """

    manager: str
    subresource: str
    operation: str
    time: str | None
    fields: msgspec.Raw
    basis: Basis
    candidates: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether exactly one entry qualifies."""
        return self.basis not in ("several", "removed", "none")

    @property
    def built_in(self) -> bool:
        """Whether one of Kubernetes' own components wrote."""
        return self.known and self.manager in BUILT_IN

    @property
    def controls(self) -> bool:
        """Whether the controller manager wrote, or a process of which it is a part."""
        return self.manager in CONTROLLERS

    @property
    def unnamed(self) -> bool:
        """Whether a status was written and the object came without any managedFields."""
        return self.basis == "none" and self.subresource == "status"

    @property
    def shared(self) -> bool:
        """Whether all components share the name, or none: what was written tells whose it is."""
        return self.manager in ALL_IN_ONE or self.unnamed

    @property
    def grade(self) -> Grade:
        """How it is known which component wrote, where the manager and the kind tell."""
        return "inferred" if self.shared else "reported"


NOBODY = Writer("", "", "", None, NO_FIELDS, "none")
REPORTER = Writer("", "status", "", None, NO_FIELDS, "none")
"""Who wrote a status of an object that came without managedFields, as kubectl shows it."""


class Match(msgspec.Struct, frozen=True, gc=False):
    """The request behind a version: `record`, or one of the like `records` where several may be.

    Of many, only the first few and the one received last are listed; `unlisted` counts the rest.
    """

    records: tuple[AuditRecord, ...]
    unlisted: int = 0

    @property
    def record(self) -> AuditRecord:
        """The request, or the first of those that it may be; they tell the same of who asked."""
        return self.records[0]

    @property
    def count(self) -> int:
        """How many requests it may be."""
        return len(self.records) + self.unlisted


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
