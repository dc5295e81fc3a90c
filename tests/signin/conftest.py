"""An installation where people sign in, with a cluster that knows some."""

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.signin.limits import attempts
from dashboard.signin.mode import SignIn
from dashboard.signin.sessions import sessions
from eventstream import reviewing
from eventstream.history import NOTHING, rights
from tests.signin.people import Browser, Cluster, Person

EVERYBODY = "token-of-ada"
SHOP = "token-of-sam"
NOBODY = "token-of-nils"


@pytest.fixture
def cluster(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Mode token: ada may see everything, sam the namespace shop, nils nothing."""
    settings.BATON_SIGN_IN = SignIn("token")
    monkeypatch.setattr(rights._Unsaid, "rights", NOTHING)
    made = Cluster(
        {
            EVERYBODY: Person("ada"),
            SHOP: Person("sam", frozenset({"shop"})),
            NOBODY: Person("nils", frozenset()),
        }
    )
    reviewing.install(made)
    attempts.forget()
    yield made
    sessions.end_all()
    attempts.forget()
    reviewing.install(None)


@pytest.fixture
def browser() -> Browser:
    return Browser()
