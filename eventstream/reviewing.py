"""What the pages may ask of the cluster's API server about a viewer, and who asks it for them.

Pages know neither addresses nor credentials of a cluster. Whoever is connected to one installs a
`Reviewer` here; before that, and where nobody is, nothing can be known of anybody.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Token(msgspec.Struct, frozen=True):
    """A viewer known by a bearer token of the API server."""

    value: str

    def __repr__(self) -> str:
        """Without the token: what is logged holds none."""
        return "Token(…)"


class Names(msgspec.Struct, frozen=True):
    """A viewer of whom a trusted proxy gave only user and groups."""

    user: str
    groups: tuple[str, ...] = ()


Credential = Token | Names


class Identity(msgspec.Struct, frozen=True):
    """Who the API server says a token is of."""

    user: str
    groups: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """Whether a verb is allowed on a resource, in one namespace or, with "", in all.

    `group` and `resource` may be `*`, which asks for all of them at once.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""


class Rule(msgspec.Struct, frozen=True, rename="camel"):
    """A rule of a SelfSubjectRulesReview, which is a guess: `resource_names` narrow it."""

    verbs: Sequence[str] = ()
    api_groups: Sequence[str] = ()
    resources: Sequence[str] = ()
    resource_names: Sequence[str] = ()


class UnrecognisedError(Exception):
    """The API server knows no such token (any more)."""


class UnansweredError(Exception):
    """The API server could not be asked; the message says why and what to do."""


class Reviewer(Protocol):
    """Asks the API server about a viewer, by the viewer's own credential."""

    async def who(self, token: Token) -> Identity:
        """Return whose token it is; raises UnrecognisedError or UnansweredError."""

    async def allowed(self, viewer: Credential, question: Question) -> bool:
        """Return whether it is allowed; raises UnrecognisedError or UnansweredError."""

    async def may_get(self, viewer: Credential, path: str) -> bool:
        """Return whether the verb get is allowed on a path that is no resource, as /metrics.

        Raises UnrecognisedError or UnansweredError.
        """

    async def rules(self, viewer: Credential, namespace: str) -> Sequence[Rule] | None:
        """Return what rules may allow in a namespace, None where that cannot be told.

        Raises UnrecognisedError or UnansweredError.
        """


class _Nobody:
    """Stands in before a cluster is reached."""

    async def who(self, token: Token) -> Identity:
        raise UnansweredError(_UNREACHED)

    async def allowed(self, viewer: Credential, question: Question) -> bool:
        raise UnansweredError(_UNREACHED)

    async def may_get(self, viewer: Credential, path: str) -> bool:
        raise UnansweredError(_UNREACHED)

    async def rules(self, viewer: Credential, namespace: str) -> Sequence[Rule] | None:
        raise UnansweredError(_UNREACHED)


_UNREACHED = "Baton has not reached its cluster yet, so nobody can be signed in. Try again soon."


class _Place:
    """Where the reviewer of this process is kept."""

    def __init__(self) -> None:
        self.reviewer: Reviewer = _Nobody()


_place = _Place()


def install(reviewer: Reviewer | None) -> None:
    """Let pages ask `reviewer` from now on; None takes away the one that was there."""
    _place.reviewer = reviewer or _Nobody()


def reviewer() -> Reviewer:
    """Return who can be asked now."""
    return _place.reviewer
