"""Loading without looking for garbage meanwhile.

What is loaded stays: hundreds of thousands of objects, of which none is garbage. To look through
them again and again takes a third of the time that a process needs until it serves.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def staying() -> Iterator[None]:
    """Look for garbage no earlier than at the end, and never in what was made within."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
