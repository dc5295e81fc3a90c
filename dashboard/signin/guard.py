"""Watches over an open socket: that its viewer is still signed in, and may see what it is told."""

import asyncio
import time
from typing import Any, NoReturn

from dashboard.signin import standing
from dashboard.signin.layer import CLOSE_RIGHTS, CLOSE_SIGNED_OUT, CLOSE_UNANSWERED
from dashboard.signin.viewers import SignedOutError, Viewer
from eventstream.history import Seeing
from eventstream.reviewing import UnansweredError

LOOK_SECONDS = 1.0
"""So often it is seen whether somebody logged out, or the credential is over."""

ASK_SECONDS = 15.0
"""So often the rights are asked for, which are never older than those of pages."""

_LESS = "You may see less of the cluster than before; the page is loaded anew."


class LeftError(Exception):
    """The socket has to be closed, by this code and for the reason in the message."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Guard:
    """Of one socket: its viewer, and the rights by which it is told of history."""

    def __init__(self, viewer: Viewer, seeing: Seeing) -> None:
        self._viewer = viewer
        self._seeing = seeing

    @classmethod
    def of(cls, scope: Any) -> "Guard":
        """Return the guard of a socket, by its scope."""
        return cls(scope["viewer"], scope["seeing"])

    async def stand(self) -> NoReturn:
        """Wait until the socket has to be closed; raises LeftError then.

        Rights that grow are gone by from then on. Those that shrink end the socket, as the page
        shows what was seen by the old ones.
        """
        asked_at = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self._viewer.check()
                if time.monotonic() - asked_at < ASK_SECONDS:
                    continue
                await standing.look(self._viewer)
                rights = await self._viewer.rights()
                asked_at = time.monotonic()
            except SignedOutError as error:
                raise LeftError(CLOSE_SIGNED_OUT, str(error)) from error
            except UnansweredError as error:
                raise LeftError(CLOSE_UNANSWERED, str(error)) from error
            if not rights.keep(self._seeing.rights):
                raise LeftError(CLOSE_RIGHTS, _LESS)
            self._seeing.rights = rights
