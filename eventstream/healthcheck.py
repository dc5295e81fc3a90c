"""Asks a running Baton on this machine whether it is alive, for the image's HEALTHCHECK.

    python -m eventstream.healthcheck

`observe` keeps where it listens in a file beside its history, so that neither `--host` nor `--port`
has to be said again. `/healthz` is answered before any page, and under no prefix. Only Python's own
library is loaded: this runs each half minute.
"""

import http.client
import os
import socket
import sys
from pathlib import Path

from eventstream import private

FILE = "listening"
"""In the data directory: host, a space, port."""

SECONDS = 4.0

_EVERY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not bound  # nosec B104


def remember(directory: Path, listener: socket.socket) -> None:
    """Keep where `listener` listens; raises OSError where that can't be written."""
    host, port = listener.getsockname()[:2]
    private.write_file(directory / FILE, f"{_EVERY.get(host, host)} {port}\n".encode())


def failure(directory: Path) -> str:
    """Return why the Baton whose data this is does not count as alive, "" if it does."""
    try:
        host, _, port = (directory / FILE).read_text(encoding="ascii").strip().rpartition(" ")
        connection = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        said = answer.read(1000).decode("utf-8", "replace").strip()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"It does not answer: {error}"
    return "" if answer.status == http.HTTPStatus.OK else said


def main() -> int:
    """Say how it is; return the exit code, 0 for alive."""
    default = Path(__file__).resolve().parent.parent / "var"
    why = failure(Path(os.environ.get("BATON_DATA") or default))
    sys.stdout.write(f"{why or 'alive'}\n")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
