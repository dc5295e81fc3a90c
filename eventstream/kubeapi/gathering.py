"""Keeps count of what one list, or the stream in its place, has brought, and ends it in time.

A list that never ends, or goes round in circles, must neither fill the memory nor be asked for as
fast as the server answers.
"""

from eventstream.kubeapi import problems
from eventstream.kubeapi.bounds import Bounds
from eventstream.kubeapi.delivery import Delivery
from eventstream.objects.decoding import ListPage
from eventstream.objects.images import Image
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource


class EndlessError(Exception):
    """A list that is given up; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Gathering:
    """The list of one resource that is being read; `begin` before each."""

    def __init__(self, resource: Resource, delivery: Delivery, bounds: Bounds) -> None:
        self._resource = resource
        self._delivery = delivery
        self._bounds = bounds
        self._tokens: set[str] = set()
        self._objects = self._bytes = 0

    def begin(self) -> None:
        """Forget what was read before: a list begins anew."""
        self._delivery.share.drop()
        self._tokens.clear()
        self._objects = self._bytes = 0

    def take(self, image: Image, size: int) -> Image:
        """Count an object of `size` bytes of JSON; return it, or one alike that is held already.

        Raises EndlessError, and NoRoomError where there is no memory left for it.
        """
        self.line(size)
        return self._delivery.share.read(image, self._delivery.held_image(image.uid))

    def line(self, size: int) -> None:
        """Count one object or line of `size` bytes; raises EndlessError."""
        self._objects += 1
        self._bytes += size
        if self._objects > self._bounds.objects:
            self._give_up(f"it has more than {self._bounds.objects:,} objects")
        if self._bytes > self._bounds.list_bytes:
            self._give_up(f"it has more than {self._bounds.list_bytes:,} bytes")

    def page(self, page: ListPage) -> None:
        """Note which page comes next; raises EndlessError where it came before, or after too many.

        A token without end is no token.
        """
        token = page.continue_token
        if len(token) > self._bounds.token_bytes:
            self._give_up(f"its `continue` token has more than {self._bounds.token_bytes:,} bytes")
        if token in self._tokens:
            self._give_up("a `continue` token came that it was asked for already")
        self._tokens.add(token)
        if len(self._tokens) > self._bounds.pages:
            self._give_up(f"it has more than {self._bounds.pages:,} pages")

    def _give_up(self, why: str) -> None:
        raise EndlessError(problems.endless(self._resource, why))
