"""Loading what is needed, and without looking for garbage meanwhile.

What is loaded stays: hundreds of thousands of objects, of which none is garbage. To look through
them again and again takes a third of the time that a process needs until it serves. And libraries
load what is used of them nowhere here: each such takes megabytes of each process, for good.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


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


@contextmanager
def standing_in(name: str, **has: object) -> Iterator[None]:
    """Let a module that is not loaded yet be one that `has` nothing else, as long as this lasts.

    What is loaded within keeps that one; whoever asks for the module later gets the real one.
    """
    if name in sys.modules:
        yield
        return
    made = sys.modules[name] = ModuleType(name)
    vars(made).update(has)
    try:
        yield
    finally:
        del sys.modules[name]
        above, _, below = name.rpartition(".")
        for each in (below, *has):
            vars(sys.modules.get(above, made)).pop(each, None)
