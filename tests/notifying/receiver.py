"""A web server on loopback that is sent notifications, and answers as a test says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.sending import Answer, serving


class Receiver:
    """What came, each as (path, headers, JSON); `answers` go first, then each is answered 204."""

    def __init__(self) -> None:
        self.url = ""
        self.came: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[Answer] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.came.append((path, headers, json.loads(body)))
        return self.answers.pop(0) if self.answers else (204, {})


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver as long as the block lasts."""
    receiver = Receiver()
    with serving(receiver.take) as url:
        receiver.url = f"{url}/hook?token=hush-hush"
        yield receiver
