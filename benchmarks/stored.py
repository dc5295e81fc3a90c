"""Serves a history that a function fills, with a heartbeat as if a cluster were watched.

A page is to be looked at and measured with what takes hours to come about, or never does on the
recordings: ten thousand traces, hostile names, rows that change a hundred at a time.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable
from importlib import import_module
from itertools import count

import django
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.core.management import call_command

BEAT_SECONDS = 1.0
TICK_SECONDS = 0.1


def _named(name: str) -> Callable[..., None]:
    module, _, function = name.partition(":")
    found: Callable[..., None] = getattr(import_module(module), function)
    return found


async def _beat() -> None:
    """Store each second that the cluster is being watched."""
    from eventstream.objects.observations import Coverage
    from eventstream.objects.resource import Resource
    from eventstream.recorder.batch import Batch
    from eventstream.recorder.commit import commit
    from eventstream.recorder.status import Status

    pods = Resource("", "v1", "pods", "Pod")
    while True:
        now = time.time()
        batch = Batch()
        batch.add(Coverage(pods, "watching", now, 1), ())
        status = Status("stored", "stored", "", "", heartbeat=now, observed=now)
        await database_sync_to_async(commit)(batch, now, status)
        await asyncio.sleep(BEAT_SECONDS)


async def _change(tick: Callable[..., None]) -> None:
    """Call `tick` with 0, 1, 2, … ten times a second, and wake the pages after each."""
    layer = get_channel_layer()
    assert layer is not None
    for number in count():
        began = time.monotonic()
        await database_sync_to_async(tick)(number)
        await layer.group_send("history", {"type": "history.changed"})
        await asyncio.sleep(max(0.0, began + TICK_SECONDS - time.monotonic()))


def main() -> None:
    """Fill the history in BATON_DATA and serve it until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fill", help="module:function that stores what is to be seen")
    parser.add_argument("--tick", help="module:function(number), called ten times a second")
    parser.add_argument("--silent", action="store_true", help="no heartbeat: nobody watches")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup(set_prefix=False)
    call_command("migrate", verbosity=0)
    _named(options.fill)()

    from dashboard.admission import admit
    from dashboard.asgi import application
    from eventstream import serving

    async def live() -> None:
        works = [] if options.silent else [_beat()]
        if options.tick:
            works.append(_change(_named(options.tick)))
        await asyncio.gather(*works, asyncio.Event().wait())

    serving.serve(application, serving.listen("127.0.0.1", options.port), live, admit)


if __name__ == "__main__":
    main()
