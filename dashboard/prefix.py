"""The path below which a proxy has Baton's pages, such as `/baton`, beside those of others.

A proxy may take the path away before it asks Baton, or leave it there: both are understood. What
Baton says itself, in links, redirects and cookies, is below it always. `dashboard.signin.forwarded`
finds out what it is for each request, and keeps it in the ASGI scope's `root_path`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.urls import get_script_prefix, set_script_prefix

from eventstream.expressions import expression

LENGTH_MOST = 200
_PREFIX = expression(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")

TAKEN = frozenset(
    {
        *("api", "static", "live", "tapes", "healthz", "readyz", "metrics", "version"),
        *("traces", "cluster", "cluster.json", "objects", "changes", "changes.csv"),
        *("writers", "writers.csv", "window", "learn", "reference", "tape", "search"),
        *("coverage", "coverage.json", "login", "logout", "oidc", "clusters"),
    }
)
"""What Baton's own addresses begin with: below such a path the two could not be told apart."""

_root: ContextVar[str] = ContextVar("root", default="")


def plain(text: str) -> str:
    """Return a prefix as it is kept: "" for none, else `/` and names, and no `/` at the end.

    Raises ValueError, which says what is wrong with it.
    """
    kept = text.strip().rstrip("/")
    if not kept:
        return ""
    if len(kept) > LENGTH_MOST or not _PREFIX.fullmatch(kept):
        raise ValueError(
            f"{text[:LENGTH_MOST]!r} is no path of letters, digits and any of ._~- that begins "
            "with /, such as /baton"
        )
    if kept.split("/")[1] in TAKEN:
        raise ValueError(f"{text!r} begins as one of Baton's own addresses; choose another")
    return kept


def placed(path: str, root: str, own: str = "") -> str:
    """Return a path as the browser asked for it, below `root`, whether or not that was taken away.

    The prefix alone is the first page. Of `root` the end, `own`, is Baton's own, and is never taken
    away.
    """
    if path == root:
        return f"{root}/"
    if path.startswith(f"{root}/"):
        return path
    if own and (path == own or path.startswith(f"{own}/")):
        return placed(root.removesuffix(own) + path, root)
    return root + path


def below(request: Mapping[str, Any]) -> str:
    """Return the path of an ASGI scope without the prefix: an address of ours."""
    path: str = request["path"]
    return path.removeprefix(request.get("root_path") or "")


def root() -> str:
    """Return the prefix of what is being answered, "" for none: the Path of its cookies."""
    return _root.get()


def at(address: str) -> str:
    """Return an address of ours, which begins with `/`, as a browser has to ask for it.

    Unlike `reverse` it leads out of an opened recording.
    """
    return root() + address


@contextmanager
def within(prefix: str) -> Iterator[None]:
    """Within this block, what is drawn leads to addresses below `prefix`."""
    before, token = get_script_prefix(), _root.set(prefix)
    set_script_prefix(f"{prefix}/")
    try:
        yield
    finally:
        set_script_prefix(before)
        _root.reset(token)
