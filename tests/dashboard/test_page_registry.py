"""A page is declared once; what it lacks then is named, and all that knows pages agrees."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse
from msgspec.structs import replace

from dashboard.pages.page import InHeader, Page, Within
from dashboard.pages.registry import FEEDS, PAGES
from tests.dashboard import scenes

ROOT = Path(__file__).resolve().parents[2]
NO_PAGES = {"base.html", "500.html", "login.html", "lost.html", "onward.html", "tape_reading.html"}
"""Templates that no page of its own is drawn from: frames, and what stands in a page's place."""

IN_FRONT = {"clusters.html"}
"""What the process in front of several clusters has, whose one page is no cluster's."""

BY_NAME = {page.name: page for page in PAGES}


def lacks(page: Page) -> Iterator[str]:
    """Yield what is missing of a page, in words."""
    try:
        source = get_template(page.template).template.source  # type: ignore[attr-defined]
        for part in ('{% extends "base.html" %}', "{% block title %}", "{% block main %}"):
            if part not in source:
                yield f"page {page.name}: templates/{page.template} has no {part}"
    except TemplateDoesNotExist:
        yield f"page {page.name}: templates/{page.template} is missing"
    if page.style and not (ROOT / "static" / page.style).is_file():
        yield f"page {page.name}: static/{page.style} is missing"
    match page.navigation:
        case Within(of) if not (of in BY_NAME and isinstance(BY_NAME[of].navigation, InHeader)):
            yield f"page {page.name}: it is within {of}, to which the header has no link"


def test_no_page_lacks_a_part() -> None:
    assert [lack for page in PAGES for lack in lacks(page)] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"template": "none.html"}, "templates/none.html is missing"),
        ({"template": "parts/glyph.html"}, 'has no {% extends "base.html" %}'),
        ({"style": "css/none.css"}, "static/css/none.css is missing"),
        ({"navigation": Within("object")}, "within object"),
    ],
)
def test_what_a_page_lacks_is_named(changed: dict[str, Any], said: str) -> None:
    (lack, *_) = lacks(replace(BY_NAME["reference"], **changed))
    assert lack.startswith("page reference: ")
    assert said in lack


@pytest.mark.parametrize(
    "part", ["address", "view", "decision", "template", "feed", "navigation", "style"]
)
def test_a_declaration_without_a_part_does_not_load(part: str) -> None:
    page = BY_NAME["reference"]
    given = {field: getattr(page, field) for field in page.__struct_fields__ if field != part}
    with pytest.raises(TypeError, match=f"'{part}'"):
        Page(**given)


def test_each_template_module_and_sheet_belongs_to_a_page() -> None:
    assert {file.name for file in (ROOT / "templates").glob("*.html")} == (
        NO_PAGES | IN_FRONT | {page.template for page in PAGES}
    )
    modules = {file.stem for file in (ROOT / "dashboard" / "pages").glob("*.py")}
    declared = {page.view.__module__.rpartition(".")[2] for page in PAGES}
    assert modules - {"__init__", "lost", "page", "registry"} == declared - {"views"}
    everywhere = set(re.findall(r"css/\w+\.css", (ROOT / "templates" / "base.html").read_text()))
    sheets = {f"css/{file.name}" for file in (ROOT / "static" / "css").glob("*.css")}
    styles = {page.style for page in PAGES if page.style}
    assert sheets == everywhere | styles


def test_no_two_pages_share_a_name_or_an_address() -> None:
    addresses = [page.address for page in PAGES]
    addresses += [other.address for page in PAGES for other in page.others]
    names = [page.name for page in PAGES]
    names += [other.name for page in PAGES for other in page.others]
    assert len(set(names)) == len(set(addresses)) == len(names)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_asks_for_its_own_feed_and_loads_its_own_sheet(
    page: Page, client: Client, settings: Any
) -> None:
    settings.BATON_PRACTICE = "/tmp/kubeconfig"  # There, all pages are.
    trace, steps = scenes.nginx(100.0)
    scenes.store((trace, steps))
    known = {"trace": {"trace_id": trace.id}, "object": {"uid": steps[0].object.uid}}
    known |= {"exercise": {"slug": "create"}, "situation": {"number": "1"}}
    html = client.get(reverse(page.name, kwargs=known.get(page.name))).content.decode()
    said = re.search(r'data-view="(\w+)" data-follow="([^"]*)"', html)
    assert said is not None
    assert said[1] == page.name
    (feeding,) = (each for each in FEEDS if each.view.fullmatch(said[2]))
    assert feeding == (page.feed or FEEDS[-1])
    own = {each.style for each in PAGES if each.style and f'/{each.style}"' in html}
    assert own == ({page.style} if page.style else set())
