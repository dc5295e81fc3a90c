"""A history that holds a recording, with the recording's own times.

What depends on when something came is the same on each machine, and long ago.
"""

from django.conf import settings

from tests.browser.burst import write_burst
from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape


def create() -> None:
    """Store how nginx came to run."""
    store_tape("create")
    scenes.connected()


PODS = 150


def burst() -> None:
    """Store how that many Pods of nginx came at once, the last late."""
    tape = settings.DATA_DIR / "burst.jsonl"
    write_burst(tape, PODS)
    store_tape(tape)
    scenes.connected()
