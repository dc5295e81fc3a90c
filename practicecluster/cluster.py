"""The practice cluster as one thing: a store, its HTTP server, and ways to disturb it.

async with PracticeCluster() as cluster:
    cluster.store.put(...)
    client = connect(cluster.kubeconfig())
"""

import asyncio
import base64
import secrets
import socket
import time
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from practicecluster.access import Access
from practicecluster.auditing import AuditLog
from practicecluster.base_namespaces import create_base_namespaces
from practicecluster.builtin_types import openshift_types
from practicecluster.certificates import ServerIdentity, make_identity
from practicecluster.changes import StoredChange
from practicecluster.controllers.http_api import Address
from practicecluster.faults import Faults
from practicecluster.kubeconfig import kubeconfig
from practicecluster.paths import Target, path_of
from practicecluster.resources import ResourceType
from practicecluster.server import ApiServer
from practicecluster.situations.shelf import tapes
from practicecluster.situations.staging import Situations
from practicecluster.situations.telling import Teller
from practicecluster.store import DEFAULT_HISTORY, Store
from practicecluster.writing.requesting import API_SERVER
from practicecluster.writing.writer import Writer

BOOKMARK_SECONDS = 60.0
# A watch never ends by itself, so there is nothing to wait for when the server stops.
_SHUTDOWN_SECONDS = 0.1


class PracticeCluster:
    """An API server in memory, serving inside its `async with` block.

    Port 0 takes a free one. `history` bounds the changes kept for each type, `bookmark_seconds`
    is how often watches get bookmarks. Without `anonymous`, only the kubeconfig's token opens it.
    A `writable` one takes writes too, of those for whom `token_of` made a token, at the time that
    `now` gives in unix seconds, and serves OpenShift's types beside Kubernetes'.
    Entering raises OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        anonymous: bool = True,
        writable: bool = False,
        history: int = DEFAULT_HISTORY,
        bookmark_seconds: float = BOOKMARK_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.store = Store(history=history)
        create_base_namespaces(self.store)
        self.access = Access(anonymous=anonymous)
        self.faults = Faults()
        self._host = host
        self._port = port
        self._identity: ServerIdentity | None = make_identity(host) if tls else None
        self._server = ApiServer(
            self.store, self.access, self.faults, bookmark_seconds=bookmark_seconds
        )
        self._runner: web.AppRunner | None = None
        self._listening: socket.socket | None = None
        if writable:
            for served in openshift_types():
                self.store.types.add(served)
            chance = Random()  # noqa: S311 - Names and uids are no secrets.
            self._server.writer = Writer(self.store, now=now, chance=chance)

    def log_writes(self, audit: AuditLog) -> None:
        """Have it logged from now on who asks for what to be written, the server itself too."""
        self._server.audit = audit

        def heard(served: ResourceType, change: StoredChange) -> None:
            asked, at = self.writer.request, time.time()
            if asked.user == API_SERVER.user:  # No request brings it.
                space, name = change.after.namespace, change.after.name
                target = Target(served, space, name, asked.subresource)
                audit.answered(asked, target, path_of(target), change.after.content(), at, at)

        self.store.heard.append(heard)

    @property
    def writer(self) -> Writer:
        """Who takes the writes of a writable one."""
        if self._server.writer is None:
            raise LookupError("this cluster takes no writes")
        return self._server.writer

    def token_of(self, user: str) -> str:
        """Return a token of somebody who may do everything, made at the first call."""
        for token, known in self.access.writers.items():
            if known == user:
                return token
        token = secrets.token_urlsafe(24)
        self.access.writers[token] = user
        return token

    async def __aenter__(self) -> Self:
        """Start to serve."""
        self._runner = web.AppRunner(
            self._server.application(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await self._runner.setup()
        try:
            await self.up()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving; open watches are closed."""
        if self._runner:
            # A connection that is closed with TLS' own good-bye would outlast the server.
            await self.down()
            await self._runner.cleanup()
            await asyncio.sleep(0)

    async def down(self) -> None:
        """Be gone as after `kill -9`: every connection breaks, and new ones are refused."""
        if self._runner is None:
            return
        # Whoever was let in just now is to have a transport before the server ends: asyncio would
        # forget the connection otherwise, without closing it.
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            await asyncio.sleep(0)
            self._listening = None
        for site in list(self._runner.sites):
            await site.stop()
        server = self._runner.server
        for connection in server.connections if server else ():
            if connection.transport is not None:
                connection.transport.abort()

    async def up(self) -> None:
        """Be back at the same address after `down`."""
        if self._runner is not None:
            context = self._identity.context if self._identity else None
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listening = socket.create_server((self._host, self._port), family=family)
            await web.SockSite(self._runner, listening, ssl_context=context).start()
            self._listening = listening

    @property
    def url(self) -> str:
        """Where the server is, such as `http://127.0.0.1:38291`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._identity else 'http'}://{host}:{self._port}"

    def address(self) -> Address:
        """Return where controllers find the cluster, and by which tokens it knows them."""
        authority = base64.b64decode(self._identity.ca_data).decode() if self._identity else ""
        return Address(self.url, authority, self._token_of_controller)

    def _token_of_controller(self, user: str) -> str:
        self.access.controllers.add(user)
        return self.token_of(user)

    async def follow_situations(self) -> None:
        """Play the situations for which people create namespaces, until cancelled."""
        tell = Teller(self.writer)
        self._server.situations = situations = Situations(self.store, tapes, tell=tell)
        await situations.follow()

    def kubeconfig(self, user: str = "") -> dict[str, Any]:
        """Return a kubeconfig for the cluster: of the observer, or of somebody who may write."""
        ca_data = self._identity.ca_data if self._identity else None
        token = self.token_of(user) if user else self.access.token
        return kubeconfig(self.url, token, ca_data)

    async def watched(self) -> None:
        """Wait until a client watches something."""
        await self._server.watched.wait()
