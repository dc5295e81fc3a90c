"""Pages are sent compressed to whoever takes them so, and whole otherwise."""

import gzip

import pytest
from django.test import Client

from tests.dashboard import scenes

pytestmark = pytest.mark.django_db

TAKES = {"accept-encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/", "/traces/bad", "/changes", "/reference", "/api/v1/traces"])
def test_a_page_is_a_small_part_as_large_and_says_the_same(client: Client, path: str) -> None:
    scenes.store(scenes.stuck(1.0, "bad"))
    plain = client.get(path)
    small = client.get(path, headers=TAKES)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    said = gzip.decompress(small.content)
    assert said.startswith(plain.content[:30])
    assert len(small.content) < len(said) * 0.6


def test_what_is_sent_piece_by_piece_is_left_as_it_is(client: Client) -> None:
    answer = client.get("/changes.csv", headers=TAKES)
    assert answer.streaming
    assert "Content-Encoding" not in answer.headers
