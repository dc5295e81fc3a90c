"""Tells pages that there is more to read: a wake-up only, history says what it is."""

import asyncio

from channels.layers import get_channel_layer

from eventstream.recorder.writing import Notify

GROUP = "history"
"""The channel-layer group that pages join."""

SECONDS = 1.0
"""So long a wake-up may take: what comes later is no use, as pages look by themselves."""


def channel_layer_notifier() -> Notify:
    """A `notify` that sends `{"type": "history.changed", "seq": seq}` to the group "history".

    Raises LookupError when no default channel layer is configured.
    """
    layer = get_channel_layer()
    if layer is None:
        raise LookupError("CHANNEL_LAYERS has no default: pages could not be woken up.")

    async def notify(seq: int) -> None:
        async with asyncio.timeout(SECONDS):
            await layer.group_send(GROUP, {"type": "history.changed", "seq": seq})

    return notify
