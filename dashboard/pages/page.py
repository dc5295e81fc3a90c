"""What a page is: the one declaration from which its address, links, styles and feed derive."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from dashboard.feeds import Feed
from dashboard.signin.decisions import Decision
from eventstream import history
from eventstream.expressions import Expression, Match, expression

Asked = Match[str]
"""What the socket's `view` says, with what it says beside the feed's name in groups."""


class InHeader(msgspec.Struct, frozen=True):
    """Every page links to it, by this label."""

    label: str


class Within(msgspec.Struct, frozen=True):
    """It is reached by links, and stands within the page of this name."""

    page: str


class Feeding(msgspec.Struct, frozen=True):
    """How a page's socket asks for its feed: by what matches `view`, which begins with `name`.

    `make` gives the feed; `resumes` says whether history has a seq to go on from.
    """

    name: str
    view: Expression[str]
    make: Callable[[Asked, history.Filter], Feed]
    resumes: bool


def feeding(
    name: str,
    make: Callable[[Asked, history.Filter], Feed],
    rest: str = "",
    *,
    resumes: bool = True,
) -> Feeding:
    """Return how a feed is asked for: by its `name`, then what matches the expression `rest`."""
    return Feeding(name, expression(name + rest), make, resumes)


class Address(msgspec.Struct, frozen=True):
    """Another address that belongs to a page: of a file, a fragment, or what a form sends."""

    name: str
    address: str
    view: Callable[..., HttpResponseBase]
    decision: Decision


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page; `style` is a sheet that it alone needs, and `feed` None where nothing changes.

    `navigation` is None for a page that is reached by links only. `view` is called with the
    request, the page and what `address` holds. `decision` says whom it is for.
    """

    name: str
    address: str
    view: Callable[..., HttpResponseBase]
    decision: Decision
    template: str
    feed: Feeding | None
    navigation: InHeader | Within | None
    style: str | None
    others: tuple[Address, ...] = ()

    def drawn(
        self, request: HttpRequest, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        """Return the page, drawn from `context`."""
        return render(request, self.template, context | {"page": self}, status=status)

    def follow(self, *rest: str | None) -> str:
        """Return what its socket asks for: the feed's name, and what is given of the rest."""
        return "/".join([self.feed.name, *filter(None, rest)]) if self.feed else ""
