"""What time a page is about: the present, or, for a recording, the moment at which it ends.

A wait that was going on when a recording ended is as long as it was then, not years.
"""

import time

from eventstream import history


def now() -> float:
    """The unix time that the history which is being read goes up to."""
    if history.current() == "default":
        return time.time()
    recorded = history.cluster()
    return recorded.heartbeat if recorded is not None else time.time()
