"""Tunes Python's garbage collector for a process that holds many objects and makes few cycles.

With the defaults it looks through all open traces again and again and finds nothing: measured, a
fifth of the cost of explaining an event. The cycles that the engine makes (an object's log and
its writes) are taken apart by `explain.forgetting`; what is left can wait.
"""

import gc


def relax() -> None:
    """Look at what is there now no more, and at what comes less often. Call it once, at start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
