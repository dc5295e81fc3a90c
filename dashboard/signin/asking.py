"""Finds out what a viewer may list and watch: of which types, and in which namespaces.

Everything at once is asked for first, then each type in the whole cluster, then by namespace, where
a SelfSubjectRulesReview says what is worth asking. Only an answer of yes, to both verbs, shows
anything: the review of rules is a guess, as Kubernetes' own documentation says of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
from django.db import DatabaseError

from dashboard.readers import Readers
from eventstream import history, reviewing
from eventstream.history import EVERYTHING, Rights, WatchedType
from eventstream.reviewing import Credential, Question, Reviewer, Rule, UnansweredError

AT_ONCE_MOST = 16
"""So many reviews of one viewer are under way together."""

REVIEWS_MOST = 4000
"""So many are asked for one viewer at a time; what is left then is not shown."""

SECONDS = 20.0
"""So long all of them may take together; what is not answered by then is not shown."""

VERBS = ("list", "watch")
"""Both are needed: what is shown was listed, and goes on."""

_T = TypeVar("_T")
_readers = Readers(1)


class _Cut(Exception):  # noqa: N818  # No error: asking ends there.
    """All reviews that one viewer is given were asked."""


class _Asker:
    """One viewer's reviews, counted."""

    def __init__(self, reviewer: Reviewer, viewer: Credential) -> None:
        self._reviewer = reviewer
        self._viewer = viewer
        self._left = REVIEWS_MOST
        self._free = asyncio.Semaphore(AT_ONCE_MOST)

    async def may(self, group: str, resource: str, namespace: str = "") -> bool:
        """Whether all verbs that are needed are allowed; raises _Cut."""
        for verb in VERBS:
            question = Question(verb, group, resource, namespace)
            if not await self._one(lambda q=question: self._reviewer.allowed(self._viewer, q)):  # type: ignore[misc]
                return False
        return True

    async def rules(self, namespace: str) -> Sequence[Rule] | None:
        """What may be allowed in a namespace, None where that is not told; raises _Cut."""
        return await self._one(lambda: self._reviewer.rules(self._viewer, namespace))

    async def _one(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        if self._left <= 0:
            raise _Cut
        self._left -= 1
        async with self._free:
            return await ask()


class _Known(msgspec.Struct, frozen=True):
    types: tuple[WatchedType, ...]
    namespaces: tuple[str, ...]


async def _places() -> _Known:
    """What there is to ask about; raises UnansweredError where history can't be read."""
    try:
        return await _readers.read(_known)
    except DatabaseError as error:
        raise UnansweredError(f"History can't be read: {error}. See Baton's log.") from error


def _known() -> _Known:
    with history.seeing(EVERYTHING):
        return _Known(history.types(), history.places())


async def ask(viewer: Credential) -> Rights:
    """Return what a viewer may see; raises UnrecognisedError or UnansweredError."""
    asker = _Asker(reviewing.reviewer(), viewer)
    if await asker.may("*", "*"):
        return EVERYTHING
    known = await _places()
    everywhere: set[str] = set()
    within: dict[str, frozenset[str]] = {}
    cut = False
    try:
        async with asyncio.timeout(SECONDS):
            everywhere |= _of(await _all(_granted(asker, each) for each in known.types))
            left = [t for t in known.types if t.namespaced and t.name not in everywhere]
            for some in _batches(known.namespaces if left else ()):
                found = await _all(_within(asker, left, namespace) for namespace in some)
                within |= {name: types for name, types in found if types}
    except (_Cut, TimeoutError):
        cut = True
    return Rights(False, frozenset(everywhere), within, cut)


async def ask_everywhere(viewer: Credential, names: frozenset[str]) -> Rights:
    """Return which types of these names a viewer may list and watch in the whole cluster.

    What can't be asked in time is not among them. Raises UnrecognisedError or UnansweredError.
    """
    asker = _Asker(reviewing.reviewer(), viewer)
    if await asker.may("*", "*"):
        return EVERYTHING
    wanted = [each for each in (await _places()).types if each.name in names]
    granted: list[tuple[str, bool]] = []
    try:
        async with asyncio.timeout(SECONDS):
            # What holds everywhere holds in any namespace.
            rules = await asker.rules("default")
            worth = [rules is None or _may_grant(rules, each) for each in wanted]
            asked = [each for each, may in zip(wanted, worth, strict=True) if may]
            granted += [(t.name, False) for t, may in zip(wanted, worth, strict=True) if not may]
            granted += await _all(_granted(asker, each) for each in asked)
    except (_Cut, TimeoutError):
        return Rights(cut=True)
    return Rights(everywhere=frozenset(_of(granted)))


def _of(granted: Iterable[tuple[str, bool]]) -> set[str]:
    """The types whose every resource is granted: one type may be served under two."""
    said: dict[str, bool] = {}
    for name, yes in granted:
        said[name] = said.get(name, True) and yes
    return {name for name, yes in said.items() if yes}


async def _granted(asker: _Asker, type_: WatchedType, namespace: str = "") -> tuple[str, bool]:
    return type_.name, await asker.may(type_.group, type_.plural, namespace)


async def _within(
    asker: _Asker, types: Sequence[WatchedType], namespace: str
) -> tuple[str, frozenset[str]]:
    rules = await asker.rules(namespace)
    worth = [t for t in types if rules is None or _may_grant(rules, t)]
    granted = await _all(_granted(asker, each, namespace) for each in worth)
    return namespace, frozenset(_of(granted))


def _may_grant(rules: Sequence[Rule], type_: WatchedType) -> bool:
    return all(any(_grants(rule, verb, type_) for rule in rules) for verb in VERBS)


def _grants(rule: Rule, verb: str, type_: WatchedType) -> bool:
    return (
        not rule.resource_names
        and not {"*", verb}.isdisjoint(rule.verbs)
        and not {"*", type_.group}.isdisjoint(rule.api_groups)
        and not {"*", type_.plural}.isdisjoint(rule.resources)
    )


async def _all(asked: Iterable[Awaitable[_T]]) -> list[_T]:
    """Return all answers, in order; the first that fails ends the others."""
    tasks = [asyncio.ensure_future(each) for each in asked]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _batches(names: Sequence[str], size: int = 50) -> Iterable[Sequence[str]]:
    return (names[at : at + size] for at in range(0, len(names), size))
