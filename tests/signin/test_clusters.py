"""Several clusters at one address: the choice in each header, and what each tells of itself."""

from ipaddress import ip_network
from typing import Any

import msgspec
import pytest

from dashboard import prefix
from dashboard.signin.mode import SignIn
from eventstream.clusters import Fronted, Named
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import Browser, Cluster
from tests.signin.places import filled

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse"),  # As `dashboard.asgi` does.
]

EAST = "/clusters/east"
CLUSTERS = (Named("east", "The East"), Named("west", "The <West>"))
PROXY = "10.9.0.1"


@pytest.fixture
def east(cluster: Cluster, settings: Any) -> Browser:
    """A browser of the process of one of two clusters."""
    settings.BATON_FRONTED = Fronted("east", CLUSTERS, 0, "http://localhost:8000/")
    return Browser()


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("/", "/"),
        ("/changes?kind=Pod", "/changes"),
        ("/coverage", "/coverage"),
        ("/objects/uid-deployment-known-mine", "/cluster"),
        ("/traces/mine", "/"),
        ("/nowhere", "/"),
    ],
)
async def test_the_header_leads_to_the_same_kind_of_page_of_each_other(
    east: Browser, shown: str, same: str
) -> None:
    await filled()
    await east.sign_in_at(f"{EAST}/login", EVERYBODY)
    page = (await east.get(EAST + shown)).text
    assert f'href="/clusters/west{same}"><bdi>The &lt;West&gt;</bdi>' in page
    assert f'href="/clusters/east{same}" aria-current="true"><bdi>The East</bdi>' in page
    assert '<a href="/">All clusters</a>' in page


async def test_who_signs_in_reads_where(east: Browser) -> None:
    page = (await east.get(f"{EAST}/login")).text
    assert "<title>Sign in · The East · Baton</title>" in page
    assert '<span class="vh">Cluster </span><bdi>The East</bdi>' in page


async def test_the_cookie_is_sent_to_one_cluster_alone(east: Browser) -> None:
    answer = await east.sign_in_at(f"{EAST}/login", EVERYBODY)
    assert answer.headers["location"] == f"{EAST}/"
    assert any("Path=/clusters/east;" in each for each in answer.cookies)


@pytest.mark.parametrize("taken_away", [True, False])
async def test_below_a_prefix_of_a_proxy_all_leads_below_both(
    east: Browser, settings: Any, taken_away: bool
) -> None:
    settings.BATON_SIGN_IN = SignIn("token", (ip_network(PROXY),))
    east.client = PROXY
    root = "" if taken_away else "/teams"
    await filled()
    more = {"x_forwarded_prefix": "/teams"}
    await east.get(f"{root}{EAST}/login", **more)
    answer = await east.sign_in_at(f"{root}{EAST}/login", EVERYBODY, **more)
    assert any("Path=/teams/clusters/east;" in each for each in answer.cookies)
    page = (await east.get(f"{root}{EAST}/changes", **more)).text
    assert 'href="/teams/clusters/west/changes"' in page
    assert '<a href="/teams/">All clusters</a>' in page
    assert 'data-live="/teams/clusters/east/live"' in page


@pytest.mark.parametrize(
    ("path", "placed"),
    [
        ("/clusters/east/a", "/teams/clusters/east/a"),
        ("/clusters/east", "/teams/clusters/east/"),
        ("/teams/clusters/east/a", "/teams/clusters/east/a"),
        ("/clusters/eastern/a", "/teams/clusters/east/clusters/eastern/a"),
        ("/clusters/west/a", "/teams/clusters/east/clusters/west/a"),
    ],
)
def test_a_path_of_another_cluster_leads_nowhere(path: str, placed: str) -> None:
    assert prefix.placed(path, "/teams/clusters/east", "/clusters/east") == placed


async def test_the_numbers_of_a_cluster_are_those_that_a_viewer_may_see(east: Browser) -> None:
    await filled()
    told = []
    for token in (EVERYBODY, SHOP):
        await east.sign_in_at(f"{EAST}/login", token)
        answer = await east.get(f"{EAST}/api/v1/summary")
        told.append(msgspec.json.decode(answer.text))
    assert [each["cluster"] for each in told] == ["practice", "practice"]
    assert [each["traces"]["stalled"] for each in told] == [1, 1]
    assert sum(told[0]["traces"].values()) == 3
    assert sum(told[1]["traces"].values()) == 2
