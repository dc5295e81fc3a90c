"""Which part of Baton a process plays: all of it, or watching or pages alone beside others.

Watchers and pages of several processes share a PostgreSQL. One watcher writes, the others stand by
until its lock is free; pages only read, so that there may be any number of them.
"""

import asyncio
import contextlib
import logging
import os
from argparse import ArgumentParser
from collections.abc import Callable

from django.core.management.base import CommandError

from eventstream.dialects import InUseError, UnusableError, dialect

logger = logging.getLogger(__name__)

ROLES = ("all", "watcher", "web")

STANDBY_SECONDS = 1.0
"""So often a watcher that stands by tries to take over."""


def add_role(parser: ArgumentParser) -> None:
    """Add `--role`."""
    parser.add_argument(
        "--role",
        choices=ROLES,
        default="all",
        help="watcher: watch, or stand by for another watcher; web: serve pages of what watchers "
        "store. Both need DATABASE_URL and BATON_SECRET_KEY, the same for all (%(default)s)",
    )


def check(role: str) -> None:
    """Return if this process can play its part beside others; raises CommandError."""
    if role == "all":
        return
    if dialect().file is not None:
        raise CommandError(
            f"--role {role} is one of several processes, which share a PostgreSQL: set "
            "DATABASE_URL to its address, or leave --role out."
        )
    if not os.environ.get("BATON_SECRET_KEY"):
        raise CommandError(
            f"--role {role} is one of several processes, which share a key: set BATON_SECRET_KEY "
            "to the same 32 random characters or more for all of them."
        )


async def stand_by(
    stack: contextlib.ExitStack, take: Callable[[contextlib.ExitStack], None]
) -> None:
    """Return once `take` has the right to write, however long another watcher has it."""
    told = ""
    while True:
        try:
            await asyncio.to_thread(take, stack)
        except (CommandError, InUseError, UnusableError) as error:
            why = "another one watches" if isinstance(error, InUseError) else str(error)
            if told != why:
                logger.info("Standing by: %s.", why.rstrip("."))
            told = why
            await asyncio.sleep(STANDBY_SECONDS)
        else:
            if told:
                logger.warning("Taking over: this one watches from here on.")
            return
