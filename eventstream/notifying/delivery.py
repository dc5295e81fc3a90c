"""Sends the notifications of one target, one by one, and tries again what may yet succeed."""

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Callable

import aiohttp
import msgspec

from eventstream.notifying.messages import CONTENT_TYPES, Message
from eventstream.notifying.rules import Target, Webhook
from eventstream.notifying.rulesfile import value_of
from eventstream.notifying.status import TargetStatus

logger = logging.getLogger(__name__)

QUEUE_MOST = 200
"""So many notifications wait for one target; further ones are dropped and counted."""

TIMEOUT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
GIVEN_UP_SECONDS = 3600.0
"""What could not be delivered for so long is given up."""

_LATER = frozenset({408, 425, 429})


class DeliveryError(Exception):
    """A notification was not taken; the message says why, and holds neither address nor secret."""

    def __init__(self, message: str, *, final: bool, pause: float = 0.0) -> None:
        super().__init__(message)
        self.final = final
        self.pause = pause


async def post(session: aiohttp.ClientSession, webhook: Webhook, message: Message) -> None:
    """POST a notification; raises DeliveryError. No redirect is followed, no body is read."""
    try:
        url = value_of(webhook.url)
        headers = {name: value_of(secret) for name, secret in webhook.headers.items()}
    except ValueError as error:
        raise DeliveryError(str(error), final=False) from None
    if not url.startswith(("https://", "http://")):
        raise DeliveryError("its url begins with neither https:// nor http://", final=False)
    headers["Content-Type"] = CONTENT_TYPES[webhook.format]
    body = message.body(webhook.format)
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            status, pause = answer.status, answer.headers.get("Retry-After", "")
    # What these say may hold the address, and with it a token.
    except aiohttp.ClientConnectorCertificateError:
        raise DeliveryError("its certificate is not valid here", final=False) from None
    except aiohttp.ClientSSLError:
        raise DeliveryError("no TLS could be agreed on with it", final=False) from None
    except TimeoutError:
        raise DeliveryError(f"no answer within {TIMEOUT_SECONDS:.0f} s", final=False) from None
    except aiohttp.ClientConnectorError as error:
        number = error.os_error.errno
        why = os.strerror(number).lower() if number and number > 0 else "its name is not known"
        raise DeliveryError(f"it cannot be reached: {why}", final=False) from None
    except (aiohttp.ClientError, ValueError, OSError) as error:
        raise DeliveryError(f"sending failed ({type(error).__name__})", final=False) from None
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(f"it answered {status}: redirects are not followed", final=True)
    said = float(pause) if pause.isdecimal() and len(pause) < 6 else 0.0
    final = status < 500 and status not in _LATER
    raise DeliveryError(f"it answered {status}", final=final, pause=min(said, LONGEST_PAUSE))


class Outbox:
    """What waits for one target. `put` returns at once; `run` delivers until it is cancelled.

    It may be run anew after that, for another `target` too: it begins with what waits first.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        session: aiohttp.ClientSession,
        noted: Callable[[], None],
    ) -> None:
        self.target = target
        self.status = TargetStatus(name)
        self._session = session
        self._noted = noted
        self._waiting: deque[tuple[Message, float]] = deque()
        self._some = asyncio.Event()

    def put(self, make: Callable[[], Message]) -> None:
        """Queue the notification that `make` makes; one too many is not made, but counted."""
        if len(self._waiting) >= QUEUE_MOST:
            self._note(dropped=self.status.dropped + 1)
            return
        self._waiting.append((make(), time.monotonic()))
        self._note()
        self._some.set()

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    async def run(self) -> None:
        """Deliver one after the other."""
        while True:
            await self._some.wait()
            while self._waiting:
                await self._deliver(*self._waiting[0])
                self._waiting.popleft()
                self._note()
            self._some.clear()

    async def _deliver(self, message: Message, since: float) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await post(self._session, self.target.webhook, message)
            except DeliveryError as error:
                self._tell(error)
                if error.final or time.monotonic() - since > GIVEN_UP_SECONDS:
                    self._note(failed=self.status.failed + 1)
                    return
                await asyncio.sleep(max(pause, error.pause))
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._note(delivered=self.status.delivered + 1, error="", error_at=None)
                return

    def _tell(self, error: DeliveryError) -> None:
        if str(error) != self.status.error:
            logger.warning("Notifications to %s fail: %s.", self.status.name, error)
        self._note(error=str(error), error_at=time.time())

    def _note(self, **changed: object) -> None:
        changed["waiting"] = len(self._waiting)
        self.status = msgspec.structs.replace(self.status, **changed)
        self._noted()
