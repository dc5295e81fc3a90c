"""What to ask for: all that exists, page by page or as a stream, and what changed since.

The first reading is consistent ("", the newest state), on purpose. A list "from any version"
("0"), as client-go begins with, may be served by a replica that is behind: after a restart it
could show a state from before what is stored already, and objects that are long gone. It saves
etcd a read, which one observer of a cluster hardly is to it; servers since 1.31 answer the newest
state from memory too. A later reading asks for nothing older than the last version that was
seen, or for the newest state when the server no longer, or not yet, has that version.
https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list

What exists is read as the beginning of a watch where the server offers it: neither side then ever
holds a whole list, and no version can expire between list and watch. It is complete only once
the bookmark says so that is annotated `k8s.io/initial-events-end`.
https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
"""

from eventstream.kubeapi.states import Listing, Streaming

PAGE_OBJECTS = 500
WATCH_SECONDS = 300
"""A watch is asked to end by itself after once to twice this, so that they end one by one."""
_NOT_OLDER = {"resourceVersionMatch": "NotOlderThan"}
NEWEST = {"limit": "1"}
"""The cheapest list that tells the server's newest version."""


def page_parameters(state: Listing) -> dict[str, str]:
    """Return what to ask for the next page of a list."""
    if state.token:
        return {"limit": str(PAGE_OBJECTS), "continue": state.token}
    limited = {} if state.whole else {"limit": str(PAGE_OBJECTS)}
    return limited | _not_older(state.after)


def stream_parameters(state: Streaming, chance: float) -> dict[str, str]:
    """Return what to ask for a watch that begins with all that exists; `chance` is in [0, 1)."""
    return {
        "watch": "true",
        "sendInitialEvents": "true",
        **_NOT_OLDER,
        **_not_older(state.after),
        **_lasting(chance),
    }


def watch_parameters(version: str, chance: float) -> dict[str, str]:
    """Return what to ask for the changes after `version`; `chance` is in [0, 1)."""
    return {"watch": "true", "resourceVersion": version, **_lasting(chance)}


def _not_older(version: str) -> dict[str, str]:
    return {"resourceVersion": version, **_NOT_OLDER} if version else {}


def _lasting(chance: float) -> dict[str, str]:
    seconds = int(WATCH_SECONDS * (1 + chance))
    return {"allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
