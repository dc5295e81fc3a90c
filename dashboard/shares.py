"""What the sockets of one viewer may take of what all viewers share, whatever the others leave.

In mode `local` all are one viewer, who may take it all: see `dashboard.signin.whose`.
"""

import asyncio
import sys
from weakref import WeakValueDictionary

from dashboard.places import Lobby, Places
from dashboard.protocol import Allowance
from dashboard.signin.viewers import Viewer
from dashboard.signin.whose import name_of

STREAMS_MOST = 8
"""So many watches of the API are open for one viewer."""

PAGES_MOST = 32
"""So many pages of one viewer are followed at a time."""

SOCKETS_MOST = 64
"""So many sockets of one viewer are open, those that are being told why they are refused too."""

LOBBY_MOST = 8
"""So many sockets of one viewer have not said yet what they follow."""

MESSAGES_A_SECOND = 200
"""So many messages all pages of one viewer may send together, beside what they acknowledge."""

_WITHOUT = sys.maxsize


class Share:
    """What the sockets of one viewer have together; used in the event loop that made it."""

    def __init__(self, name: str) -> None:
        self.sockets = Places(SOCKETS_MOST if name else _WITHOUT, _YOURS)
        self.pages = Places(PAGES_MOST if name else _WITHOUT, _YOURS)
        self.streams = Places(STREAMS_MOST if name else _WITHOUT, "watches of yours are open")
        self.lobby = Lobby(LOBBY_MOST if name else _WITHOUT)
        self.allowance = Allowance(MESSAGES_A_SECOND if name else _WITHOUT)
        # One query at a time of one viewer, so that the next thread is for somebody else.
        self.reading = asyncio.Semaphore(1 if name else _WITHOUT)


_YOURS = "pages of yours are open"
_shares: WeakValueDictionary[tuple[int, str], Share] = WeakValueDictionary()


def share_of(viewer: Viewer) -> Share:
    """Return what the viewer's sockets have together, for as long as somebody holds on to it."""
    key = id(asyncio.get_running_loop()), name_of(viewer)
    found = _shares.get(key)
    if found is None:
        found = _shares[key] = Share(key[1])
    return found
