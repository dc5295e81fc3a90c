"""The choice of a cluster in the header: plain links to the same kind of page of the others."""

import msgspec
from django.conf import settings
from django.http import HttpRequest

from dashboard import prefix
from dashboard.pages.page import Page, Within
from dashboard.pages.registry import PAGES
from eventstream.clusters import Fronted


class Choice(msgspec.Struct, frozen=True):
    """A cluster as a link; `current` where it is the one that is shown."""

    title: str
    address: str
    current: bool


class Chooser(msgspec.Struct, frozen=True):
    """What the shown cluster is called, all of them, and where the page of all is."""

    title: str
    choices: tuple[Choice, ...]
    all: str


def context(request: HttpRequest) -> dict[str, Chooser]:
    """Return for templates the choice, where one address has several clusters."""
    fronted: Fronted | None = settings.BATON_FRONTED
    if fronted is None:
        return {}
    before, page = prefix.root().removesuffix(fronted.path), same_page(request)
    choices = tuple(
        Choice(each.title, f"{before}{each.path}{page}", each.name == fronted.name)
        for each in fronted.clusters
    )
    title = next((each.title for each in choices if each.current), fronted.name)
    return {"chooser": Chooser(title, choices, f"{before}/")}


def same_page(request: HttpRequest) -> str:
    """Return the address of the same kind of page, which no other cluster's things have a part in.

    A page of one object or trace is another cluster's in nothing: the one that it is within is.
    """
    match = request.resolver_match
    page = _page(match.url_name if match else None)
    if page is not None and "<" in page.address:
        within = page.navigation.page if isinstance(page.navigation, Within) else None
        page = _page(within)
    return f"/{page.address}" if page is not None and "<" not in page.address else "/"


def _page(name: str | None) -> Page | None:
    return next((each for each in PAGES if each.name == name), None)
