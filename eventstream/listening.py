"""Takes the address that the dashboard is served on, as the first thing that `observe` does.

Loading all of Baton takes a second of processor time, which a busy node grants in many. A probe
that meets a closed port meanwhile is a failure that people are warned of; one that meets this
listener waits for its answer. So `manage.py` calls `early` before it loads anything else, and
nothing but Python's own library is loaded here.
"""

import argparse
import atexit
import socket
from collections.abc import Sequence

HOST, PORT = "127.0.0.1", 8000
"""Where it is served if nobody says otherwise."""

FRONTED = "--fronted"
"""The option by which `observe` is told that another process hands connections to it."""

WAITING_MOST = 128
"""Connections that the kernel keeps waiting."""

_taken: dict[tuple[str, int], socket.socket] = {}


def early(arguments: Sequence[str]) -> None:
    """Take the address that these arguments of `observe` name, if it can be had.

    Else nothing is said: whoever wants it later is told why it can't. A process that another one is
    in front of has none.
    """
    if any(each.startswith(FRONTED) for each in arguments):
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", default=str(PORT))
    try:
        asked, _ = parser.parse_known_args(arguments)
        host, port = asked.host, int(asked.port)
        _taken[host, port] = _listening(host, port)
        atexit.register(_give_back)
    except (argparse.ArgumentError, OSError, UnicodeError, ValueError):
        return


def taken(host: str, port: int) -> socket.socket:
    """Return the listener on that address (port 0: a free one); raises OSError, UnicodeError."""
    listener = _taken.pop((host, port), None)
    _give_back()  # Of arguments that `observe` read otherwise.
    return _listening(host, port) if listener is None else listener


def _give_back() -> None:
    """Close what nobody took, such as where Baton can't start."""
    while _taken:
        _taken.popitem()[1].close()


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise OSError("a port is a number from 0 to 65535")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # As every server: an address whose last owner ended a moment ago can be had.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(WAITING_MOST)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
