"""What the process of a cluster tells the one in front of it, a line of JSON each."""

import contextlib
import logging
import os
import signal
import socket

import msgspec

from eventstream.clusters import Fronted
from eventstream.web.sorting import Handed

logger = logging.getLogger(__name__)

LINE_MOST = 16 * 1024
"""Bytes of a line; a message is cut so that it fits."""
WHY_MOST = 2000
"""Characters of why a process ended."""


class Told(msgspec.Struct, frozen=True):
    """`up`: its cluster was reached, and its pages are served; else why it ends."""

    up: bool
    why: str = ""


def taken(fronted: Fronted) -> Handed:
    """Return where this process's connections come from; it ends when there is nobody in front."""

    def gone() -> None:
        if not ended:
            ended.append(True)
            logger.warning("The process in front has ended, and so does this one.")
            os.kill(os.getpid(), signal.SIGTERM)

    ended: list[bool] = []
    os.set_inheritable(fronted.channel, False)
    # Another one than `failed` writes to, which may be when this one is closed.
    return Handed(socket.socket(fileno=os.dup(fronted.channel)), gone)


def up(handed: Handed) -> None:
    """Tell that the cluster was reached."""
    handed.tell(msgspec.json.encode(Told(up=True)))


def failed(fronted: Fronted, why: str) -> None:
    """Tell why this process ends, whatever has become of its channel."""
    with contextlib.suppress(OSError):  # Nobody is there to be told.
        os.write(fronted.channel, msgspec.json.encode(Told(up=False, why=why[:WHY_MOST])) + b"\n")


def understood(line: bytes) -> Told | None:
    """Return what a line tells, None where it is none."""
    try:
        return msgspec.json.decode(line, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
