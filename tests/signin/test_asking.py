"""What is asked of the API server about a viewer: what shows what may be seen, and no more."""

import asyncio
from typing import Any

import pytest
from django.db import DatabaseError

from dashboard.signin import asking
from eventstream import reviewing
from eventstream.history import EVERYTHING, NOTHING, Rights
from eventstream.reviewing import Names, Rule, Token
from tests.signin.conftest import SHOP
from tests.signin.people import Browser, Cluster, Person
from tests.signin.places import filled

pytestmark = pytest.mark.django_db(transaction=True)


class Guessing(Cluster):
    """Tells by rules what is worth asking."""

    async def rules(self, viewer: Any, namespace: str) -> list[Rule]:
        self._of(viewer)
        named = Rule(("list", "watch"), ("",), ("nodes", "pods"), ("one",))
        granted = Rule(("get", "list", "watch"), ("", "apps"), ("pods", "deployments"))
        return [named, granted] if namespace == "shop" else [named]


async def test_a_guess_saves_questions_and_grants_nothing(cluster: Cluster) -> None:
    await filled()
    guessing = Guessing({"sam": Person("sam", frozenset({"shop"}))})
    reviewing.install(guessing)
    rights = await asking.ask(Token("sam"))
    assert rights == Rights(within={"shop": frozenset({"Pod", "Deployment.apps"})})
    within = {question.namespace for question in guessing.asked}
    assert within == {"", "shop"}, "vault is not worth asking about"
    reviewing.install(Guessing({"sam": Person("sam", frozenset())}))
    assert await asking.ask(Token("sam")) == NOTHING, "the guess alone shows nothing"


async def test_names_are_asked_about_without_a_guess(cluster: Cluster) -> None:
    await filled()
    cluster.people["sam"] = cluster.people[SHOP]
    rights = await asking.ask(Names("sam", ("team",)))
    assert set(rights.within) == {"shop"}


async def test_what_could_not_be_asked_is_not_shown(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    monkeypatch.setattr(asking, "REVIEWS_MOST", 7)
    rights = await asking.ask(Token(SHOP))
    assert rights.cut
    assert not rights.everywhere
    assert not rights.within


class Slow(Cluster):
    """Answers about namespaces never."""

    async def allowed(self, viewer: Any, question: Any) -> bool:
        if question.namespace:
            await asyncio.Event().wait()
        return await super().allowed(viewer, question)


async def test_what_is_not_answered_in_time_is_not_shown(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    monkeypatch.setattr(asking, "SECONDS", 0.5)
    reviewing.install(Slow({"sam": Person("sam", frozenset({"shop"}))}))
    rights = await asking.ask(Token("sam"))
    assert (rights.cut, rights.within) == (True, {})


async def test_a_history_that_cannot_be_read_shows_nothing(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> Any:
        raise DatabaseError("no such table")

    await browser.sign_in(SHOP)
    monkeypatch.setattr(asking, "_known", failing)
    answer = await browser.get("/")
    assert answer.status == 503
    assert "History can't be read: no such table" in answer.text


def test_rights_that_shrink_are_told_from_those_that_grow() -> None:
    some = Rights(everywhere=frozenset({"Pod"}), within={"shop": frozenset({"Job.batch"})})
    more = Rights(everywhere=frozenset({"Pod", "Job.batch"}))
    assert more.keep(some)
    assert not some.keep(more)
    assert some.keep(some)
    assert EVERYTHING.keep(more)
    assert not more.keep(EVERYTHING)
    assert more.keep(NOTHING)
    assert not NOTHING.keep(some)
    assert some.digest != more.digest != EVERYTHING.digest


EVERY = frozenset({"Pod", "Deployment.apps", "Node"})


async def test_for_the_whole_cluster_only_what_may_be_granted_is_asked(cluster: Cluster) -> None:
    await filled()
    pods = frozenset({("", "pods")})
    guessing = Everywhere({"sam": Person("sam", None, pods)})
    reviewing.install(guessing)
    assert await asking.ask_everywhere(Token("sam"), EVERY) == Rights(everywhere=frozenset({"Pod"}))
    asked = {question.resource for question in guessing.asked}
    assert asked == {"*", "pods", "deployments"}, "nodes are not worth asking about"
    assert {question.namespace for question in guessing.asked} == {""}
    reviewing.install(Everywhere({"sam": Person("sam", frozenset({"shop"}))}))
    assert await asking.ask_everywhere(Token("sam"), EVERY) == NOTHING, "a namespace is not enough"


class Everywhere(Cluster):
    """Tells by rules of any namespace what is worth asking."""

    async def rules(self, viewer: Any, namespace: str) -> list[Rule]:
        self._of(viewer)
        return [Rule(("get", "list", "watch"), ("", "apps"), ("pods", "deployments"))]


async def test_of_the_whole_cluster_nothing_is_told_when_not_all_could_be_asked(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    cluster.people["sam"] = Person("sam", None, frozenset({("", "pods"), ("apps", "deployments")}))
    assert (await asking.ask_everywhere(Token("sam"), EVERY)).everywhere
    monkeypatch.setattr(asking, "REVIEWS_MOST", 4)
    assert await asking.ask_everywhere(Token("sam"), EVERY) == Rights(cut=True)
