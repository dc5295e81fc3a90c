"""The page in front of several clusters says how each does, and why to whom that is for."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory

from dashboard.front import views
from dashboard.front.asgi import admit
from dashboard.signin.mode import SignIn
from eventstream.clusters import Named, Standing, board

WHY = "The kubeconfig has no context 'west'. It has: east. Name one of them."
HOST = {b"host": b"localhost"}


@pytest.fixture(autouse=True)
def two() -> Iterator[None]:
    board[Named("east", "east")] = Standing("up", 1_000_000.0)
    board[Named("west", "<west>")] = Standing("down", 1_000_000.0, WHY, 4_000_000_000.0)
    yield
    board.clear()


def test_where_nobody_signs_in_it_says_why_one_is_down_and_when_it_is_tried(
    rf: RequestFactory,
) -> None:
    page = views.clusters(rf.get("/")).content.decode()
    assert '<a href="/clusters/east/">' in page
    assert "has no context &#x27;west&#x27;. It has: east. Name one of them." in page
    assert "started again in " in page
    assert "&lt;west&gt;" in page
    assert 'aria-label="Pages"' not in page


def test_where_people_sign_in_the_log_alone_says_why(rf: RequestFactory, settings: Any) -> None:
    settings.BATON_SIGN_IN = SignIn("token")
    page = views.clusters(rf.get("/")).content.decode()
    assert "Baton&#x27;s log says why." in page
    assert "context" not in page


def test_what_is_asked_of_one_that_is_down_is_to_be_asked_again(rf: RequestFactory) -> None:
    for accept, words in (("text/html", "The pages of"), ("*/*", "The process of west is down.")):
        answer = views.down(rf.get("/clusters/west/changes", HTTP_ACCEPT=accept), "west/changes")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert words in answer.content.decode()


def test_a_program_is_told_as_json_which_cluster_to_ask_and_when(rf: RequestFactory) -> None:
    lost = views.not_found(rf.get("/api/v1/traces"))
    assert (lost.status_code, lost.headers["Content-Type"]) == (404, "application/problem+json")
    assert "Ask one of them, below /clusters/east, /clusters/west." in lost.content.decode()
    down = views.down(rf.get("/clusters/west/api/v1/traces"), "west/api/v1/traces")
    assert (down.status_code, down.headers["Retry-After"]) == (503, "5")
    assert "The process of west is down." in down.content.decode()


def test_what_no_cluster_is_called_is_not_there(rf: RequestFactory) -> None:
    for path in ("north", "north/changes", ""):
        assert views.down(rf.get("/"), path).status_code == 404


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/clusters/west/login", HOST, 503),
        ("/clusters/north/login", HOST, 405),
        ("/", HOST, 405),
        ("/clusters/west/login", {b"host": b"other.example"}, 400),
    ],
)
def test_nothing_can_be_sent_to_the_one_in_front(
    path: str, headers: dict[bytes, bytes], status: int
) -> None:
    assert admit("POST", path, headers, 3).status == status
