"""Watches over HTTP, shared by all controllers of a program, as in a real controller manager.

Source: https://github.com/kubernetes/client-go/blob/master/informers/factory.go
"""

import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple, Protocol

from practicecluster.controllers.api import Json, Refused, Tell, WatchType, Written
from practicecluster.controllers.clock import Clock
from practicecluster.controllers.who import Who

_END_SECONDS = 5.0
_AGAIN_SECONDS = 0.5
_UNSERVED_SECONDS = 5.0
"""How soon a kind is looked for again that no definition serves yet."""
_NOBODY = Who("", "", "", "")
_LOG = logging.getLogger(__name__)


class Watched(NamedTuple):
    """What is watched: a kind, or of it what fits a field selector."""

    kind: str
    chosen: str = ""


class Server(Protocol):
    """Where is watched, and in whose name."""

    @property
    def program(self) -> str:
        """What the program is called in which a client runs."""

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection on which an answer may take for ever."""

    def listed(
        self, connection: http.client.HTTPConnection, what: Watched
    ) -> tuple[list[Json], str]:  # fmt: skip
        """Return what there is, and from which version on it is to be watched."""

    def changes(
        self, connection: http.client.HTTPConnection, what: Watched, version: str
    ) -> Iterator[tuple[WatchType, Json]]:
        """Yield each change after a version."""


class Informers:
    """All watches of a process, each begun when somebody first asks for it."""

    def __init__(self) -> None:
        self._there: dict[tuple[str, Watched], Informer] = {}
        self._lock = threading.Lock()

    def follow(self, server: Server, what: Watched, clock: Clock, tell: Tell) -> None:
        """Call `tell`, by a clock, for what exists and for each write from now on."""
        key = server.program, what
        with self._lock:
            found = self._there.get(key)
            if found is None:
                found = self._there[key] = Informer(server, what)
                found.start()
        found.follow(clock, tell)

    def end(self) -> None:
        """End all of them, and wait until that is done."""
        for informer in self._there.values():
            informer.end()
        for informer in self._there.values():
            informer.join(_END_SECONDS)


class Informer(threading.Thread):
    """Lists a kind and watches it, again and again: a cache that a restart of the server survives.

    What it gives out is the same for all who follow it: they copy before they change anything.
    Source: https://github.com/kubernetes/client-go/blob/master/tools/cache/reflector.go
    """

    def __init__(self, server: Server, what: Watched) -> None:
        super().__init__(name=f"{server.program} watches {what.kind}", daemon=True)
        self._server, self._what = server, what
        self._known: dict[str, Json] = {}
        self._followers: list[tuple[Clock, Tell]] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._connection: http.client.HTTPConnection | None = None

    def follow(self, clock: Clock, tell: Tell) -> None:
        """Tell one more of what is known, and of each change of that."""
        with self._lock:
            self._followers.append((clock, tell))
            for thing in self._known.values():
                self._tell(self._written("ADDED", thing), clock, tell)

    def end(self) -> None:
        """Have it stop."""
        self._ended.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # It is closed already.
                connection.sock.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Go on until the end."""
        while not self._ended.is_set():
            connection = self._connection = self._server.connection()
            try:
                self._once(connection)
            except Exception as error:  # noqa: BLE001 - A socket that is cut off says so in many ways.
                if self._ended.is_set():
                    return
                _LOG.debug("The watch of %s begins anew: %r", self._what.kind, error)
                unserved = isinstance(error, Refused) and error.code == http.client.NOT_FOUND
                self._ended.wait(_UNSERVED_SECONDS if unserved else _AGAIN_SECONDS)
            finally:
                connection.close()

    def _once(self, connection: http.client.HTTPConnection) -> None:
        found, version = self._server.listed(connection, self._what)
        self._replace({each["metadata"]["uid"]: each for each in found})
        for type_, thing in self._server.changes(connection, self._what, version):
            if self._ended.is_set():
                return
            self._take(type_, thing)

    def _replace(self, now: dict[str, Json]) -> None:
        """Take in a list: what is new, what is another version, and what is not there any more."""
        known = dict(self._known)
        for uid, thing in now.items():
            before = known.get(uid)
            if before is None:
                self._take("ADDED", thing)
            elif before["metadata"]["resourceVersion"] != thing["metadata"]["resourceVersion"]:
                self._take("MODIFIED", thing)
        for uid in known.keys() - now.keys():
            self._take("DELETED", known[uid])

    def _take(self, type_: WatchType, thing: Json) -> None:
        uid = thing["metadata"]["uid"]
        with self._lock:
            if type_ == "DELETED":
                self._known.pop(uid, None)
            else:
                self._known[uid] = thing
            written = self._written(type_, thing)
            for clock, tell in self._followers:
                self._tell(written, clock, tell)

    def _written(self, type_: WatchType, thing: Json) -> Written:
        return Written(time.time(), type_, self._what.kind, thing, _NOBODY)

    @staticmethod
    def _tell(written: Written, clock: Clock, tell: Tell) -> None:
        clock.after(0.0, lambda: tell(written))
