"""A history that holds a recording, with the recording's own times.

What depends on when something came is the same on each machine, and long ago.
"""

from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape


def create() -> None:
    """Store how nginx came to run."""
    store_tape("create")
    scenes.connected()
