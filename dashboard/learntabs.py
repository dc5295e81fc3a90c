"""The tabs of Learn: what is documented, and where people can practise, what there is to do."""

from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest
from django.urls import reverse

from dashboard import lessons, practice

_TITLES = {
    lessons.STEPS: "A Deployment, in sixteen steps",
    lessons.OPERATORS: "Operators",
    lessons.CONFIG: "OpenShift's DeploymentConfig",
}
_PRACTISED = {"exercises": "Exercises", "situations": "Situations"}


class Link(msgspec.Struct, frozen=True):
    """A choice of the page as an address of its own."""

    label: str
    address: str
    chosen: bool


def tabs(request: HttpRequest, chosen: str, **kept: str | None) -> list[Link]:
    """Return all tabs that a request sees; `kept` stays in the addresses of what is documented."""
    return [*_documented(chosen, **kept), *_practised(request, chosen)]


def _documented(chosen: str, **kept: str | None) -> list[Link]:
    found = []
    for tab, title in _TITLES.items():
        asked = {"tab": None if tab == lessons.STEPS else tab, **kept}
        query = urlencode({name: value for name, value in asked.items() if value})
        found.append(Link(title, f"{reverse('learn')}{query and f'?{query}'}", tab == chosen))
    return found


def _practised(request: HttpRequest, chosen: str) -> list[Link]:
    """Return the tabs of what there is to practise; none where no practice cluster is seen."""
    if practice.shown(request) is None:
        return []
    return [Link(label, reverse(name), name == chosen) for name, label in _PRACTISED.items()]
