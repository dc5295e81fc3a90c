"""The links to other pages that every page has in its header, as the pages declare them."""

import msgspec
from django.urls import reverse

from dashboard.pages.page import InHeader, Page, Within
from dashboard.pages.registry import PAGES


class Entry(msgspec.Struct, frozen=True):
    """A page as a link; `current` is what `aria-current` says of it, "" for other pages."""

    label: str
    address: str
    current: str


def entries(name: str | None) -> list[Entry]:
    """Return the header's links as seen from the address called `name`, None for one without."""
    shown = next((page for page in PAGES if name in _names(page)), None)
    return [
        Entry(page.navigation.label, reverse(page.name), _current(page, shown))
        for page in PAGES
        if isinstance(page.navigation, InHeader)
    ]


def _names(page: Page) -> set[str]:
    return {page.name, *(other.name for other in page.others)}


def _current(page: Page, shown: Page | None) -> str:
    if shown is page:
        return "page"
    within = shown.navigation if shown else None
    return "true" if isinstance(within, Within) and within.page == page.name else ""
