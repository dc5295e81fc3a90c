"""`manage.py notify FILE`: whether a file of rules can be used, and a test of what it names."""

import asyncio
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import aiohttp
from django.conf import settings
from django.core.management.base import CommandError

from eventstream.management.printing import PlainCommand
from eventstream.notifying.delivery import TIMEOUT_SECONDS, DeliveryError, post
from eventstream.notifying.messages import trial
from eventstream.notifying.rules import Target
from eventstream.notifying.rulesfile import RulesError, read_rules


class Command(PlainCommand):
    """Check a file of rules, and send a test to one of its targets."""

    help = "Check a file of rules for notifications; with --send, send a test to a target."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and to whom a test goes."""
        parser.add_argument("rules", type=Path, help="a file of rules (docs/notifications.md)")
        parser.add_argument(
            "--send", metavar="TARGET", help="send it a notification that is a test"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print what the file says; what is wrong ends it with a message."""
        try:
            rules = read_rules(options["rules"])
        except RulesError as error:
            raise CommandError(str(error)) from error
        name = options["send"]
        if name is None:
            count = len(rules.rules)
            targets = ", ".join(rules.targets)
            self.stdout.write(f"{count} rule{'s' * (count != 1)}; targets: {targets}.")
            return
        if name not in rules.targets:
            raise CommandError(f"There is no target {name}; there are: {', '.join(rules.targets)}.")
        try:
            asyncio.run(_send(rules.targets[name]))
        except DeliveryError as error:
            raise CommandError(f"{name} did not take it: {error}.") from error
        self.stdout.write(f"{name} took it.")


async def _send(target: Target) -> None:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        await post(session, target.webhook, trial(settings.BATON_CLUSTER_NAME, time.time()))
