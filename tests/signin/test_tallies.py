"""Attempts to sign in are counted by how they ended."""

import pytest

from dashboard.metrics.tallies import signed_in
from dashboard.signin.limits import BY_ADDRESS
from eventstream.metrics import refused
from tests.metrics.counted import Counted
from tests.signin.conftest import EVERYBODY
from tests.signin.people import Browser, Cluster


@pytest.mark.django_db(transaction=True)
async def test_attempts_to_sign_in_by_how_they_ended(cluster: Cluster) -> None:
    outcomes, turned_away = Counted(signed_in), Counted(refused)
    browser = Browser()
    await browser.sign_in("no-such-token")
    await browser.sign_in("no token at all")
    cluster.down = True
    await browser.sign_in(EVERYBODY)
    cluster.down = False
    await browser.sign_in(EVERYBODY)
    assert outcomes() == {"failed": 2, "unanswered": 1, "signed-in": 1}
    stranger = Browser()
    for _ in range(BY_ADDRESS - 4 + 1):
        await stranger.sign_in("no-such-token")
    assert outcomes()["slowed"] == 1
    assert turned_away() == {"sign-in": 1}
