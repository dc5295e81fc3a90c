"""A server that holds its own loop until a probe was answered; run by the test of that."""

import asyncio
import sys
import threading
import urllib.request
from typing import Any

from eventstream import serving
from eventstream.web.ruling import Ruling

PATIENCE = 120.0


async def application(scope: Any, receive: Any, send: Any) -> None:
    body = f"a page at {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def admit(*_: object) -> Ruling:
    raise AssertionError("no request here has a body")


def tell(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    listener = serving.listen("127.0.0.1", 0)
    url = serving.address(listener)

    def ask(path: str) -> None:
        with urllib.request.urlopen(url + path, timeout=PATIENCE) as answer:
            tell(f"{answer.status} {answer.read().decode().strip()}")

    async def hold() -> None:
        probe = threading.Thread(target=ask, args=("healthz",))
        probe.start()
        probe.join(PATIENCE)  # The loop stands still here.
        tell("not answered" if probe.is_alive() else "held until then")
        await asyncio.to_thread(ask, "page")

    serving.serve(application, listener, hold, admit)


if __name__ == "__main__":
    main()
