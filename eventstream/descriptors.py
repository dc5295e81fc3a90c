"""Shares out the files that this process may hold open, of which each connection is one.

The system's limit is often 1,024 or less, and whoever meets it first fails: a browser, the
database, a watch. So the limit is raised as far as the system lets us, watches get a share that
leaves enough to all else, and what meets the limit nevertheless is told by what it is.
"""

import contextlib
import errno
import os
import resource

MOST = 65_536
"""No more is asked for: programs that we start inherit the limit, and some walk through it."""
KEPT = 768
"""Not for watches: 512 for browsers, 96 for 32 threads that read the database (three files each),
the rest for recordings, logs, sign-in plugins and what is about to be closed."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE})


def raise_limit() -> int:
    """Raise the limit as far as the system allows without asking; return what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Some systems name a limit that they do not give; then what there is has to do.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return limit()


def limit() -> int:
    """Return how many files this process may hold open at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else soft


def for_watches(most: int | None = None) -> int:
    """Return how many of `most` files, by default all that are allowed, watches may take.

    Where the limit is low, half of it is kept for all else.
    """
    most = limit() if most is None else most
    return most - min(KEPT, most // 2)


def are_meant_by(error: BaseException) -> bool:
    """Return whether `error`, or what caused it, says that too many files are open."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            break
        if isinstance(seen, OSError) and seen.errno in _EXHAUSTED:
            return True
        seen = getattr(seen, "os_error", None) or seen.__cause__ or seen.__context__
    return False


def are_used_up() -> bool:
    """Return whether no other file could be opened now; for errors that don't say why."""
    try:
        os.close(os.dup(1))
    except OSError as error:
        return error.errno in _EXHAUSTED
    return False
