"""The links to all pages: the same everywhere, and the one that is shown is marked."""

import re

import pytest
from django.test import Client

from dashboard.navigation import entries
from tests.dashboard import scenes

pytestmark = pytest.mark.django_db


def marked(client: Client, path: str) -> list[tuple[str, str]]:
    """Which links of the navigation say that they are the current one, and how."""
    html = client.get(path).content.decode()
    nav = re.search(r'<nav class="places" aria-label="Pages">.*?</nav>', html, re.DOTALL)
    assert nav is not None
    return re.findall(r'aria-current="(\w+)">([^<]+)<', nav[0])


def test_every_place_is_a_page_that_marks_itself(client: Client) -> None:
    for entry in entries(None):
        assert marked(client, entry.address) == [("page", entry.label)]


def test_a_page_within_a_place_marks_the_place_otherwise(client: Client) -> None:
    scenes.store(scenes.nginx(100.0))
    assert marked(client, "/traces/nginx") == [("true", "Now")]
    assert marked(client, "/traces/nginx/steps/none") == [("true", "Now")]
    assert marked(client, "/changes") == [("true", "Cluster")]


def test_a_page_that_the_header_does_not_link_to_marks_nothing(client: Client) -> None:
    assert marked(client, "/coverage") == []


def test_a_page_that_is_not_there_links_to_all_and_marks_none(client: Client) -> None:
    assert marked(client, "/nowhere") == []
