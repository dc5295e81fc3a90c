"""One authenticated way to one API server, over which bytes are read and nothing is written.

The `kubernetes` package gives configuration, credentials, TLS and the address. Requests are sent
here, because the package retries, buffers and decodes in ways that cost a watch its events.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import aiohttp
from kubernetes.aio.client import Configuration

from eventstream import descriptors
from eventstream.kubeapi import kubeconfig as kubeconfigs
from eventstream.kubeapi.answers import refused
from eventstream.kubeapi.bodies import (
    BUFFER_BYTES,
    ENCODINGS,
    Body,
    BodyCutError,
    BodyTooLargeError,
    BodyUnreadableError,
)
from eventstream.kubeapi.bounds import BOUNDS, Bounds
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.identity import (
    UID_PATH,
    ClusterIdentity,
    Recognition,
    uid_in,
    version_in,
)
from eventstream.kubeapi.problems import (
    ApiProblem,
    expired_token,
    open_files,
    oversized,
    unreadable,
)
from eventstream.kubeapi.tokens import expired_at
from eventstream.kubeapi.transport import (
    CONNECTION_ERRORS,
    connection_problem,
    tls_context,
    without_certificate,
)
from eventstream.kubeapi.turns import Turns
from eventstream.version import AGENT

JSON = "application/json"
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
"""Until the server must have gone on answering a list or another single request."""
ANSWER_SECONDS = 600.0
"""Until it must have answered such a request, however slowly."""
RENEW_SECONDS = 60.0
RELOAD_SECONDS = 10.0
"""At most so often are all credentials read anew after a refusal, however many watches ask."""
_MENDABLE = frozenset({"unauthorized", "certificate"})
_NO_WAY = frozenset({"unreachable", "proxy", "other-cluster"})
_ABSENT = frozenset({"forbidden", "not-served"})


class StreamCutError(Exception):
    """A stream that broke off instead of ending."""


class ByteStream:
    """The body of a watch, as it comes in; `turns` and `bounds` are its connection's."""

    def __init__(self, body: Body, turns: Turns, bounds: Bounds) -> None:
        self._body = body
        self.turns = turns
        self.bounds = bounds

    async def read(self) -> bytes:
        """Return the bytes that are there, b"" at the end; raises StreamCutError."""
        try:
            return await self._body.piece()
        except (BodyCutError, BodyUnreadableError) as error:
            raise StreamCutError(str(error)) from error

    def close(self) -> None:
        """Cut the stream: a read that waits raises StreamCutError."""
        self._body.close()


class _Asked(NamedTuple):
    """A request, as the HTTP client takes it."""

    path: str
    params: Mapping[str, str] | None
    headers: Mapping[str, str]
    timeout: aiohttp.ClientTimeout


class Route(NamedTuple):
    """How requests reach the server, for whoever sends them with another credential.

    `headers` are Baton's own credential, empty where the route is somebody else's.
    """

    server: str
    tls: ssl.SSLContext
    tls_server_name: str | None
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    headers: Mapping[str, str]


class Connection:
    """A way to one cluster; `name` is its context's, "" in a Pod, `server` its address.

    `namespace` is the context's or the Pod's, or "". `turns` is how readers share the event loop.
    """

    def __init__(
        self,
        source: kubeconfigs.Source,
        configuration: Configuration,
        clock: Clock,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.bounds = bounds
        self.turns = Turns()
        self._source = source
        self._clock = clock
        self._lock = asyncio.Lock()
        self._loads = 0
        self._reloaded_at = float("-inf")
        self._recognition = Recognition()
        self._take(configuration)
        # No limit: a pool that is full makes further watches wait without a word.
        self._pool = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(
            connector=self._pool,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=True,
            read_bufsize=BUFFER_BYTES,
            auto_decompress=False,
        )

    @property
    def name(self) -> str:
        """The context's name, "" in a Pod."""
        return self._source.name

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = JSON,
        most: int | None = None,
    ) -> bytes:
        """Return the answer's body, of `most` bytes (else a small one's); raises ApiProblem."""
        body = await self.open_answer(path, params, accept=accept)
        try:
            return await body.whole(self.bounds.answer_bytes if most is None else most)
        except (BodyCutError, BodyUnreadableError, BodyTooLargeError) as error:
            raise self.broken(f"GET {path}", error) from error
        finally:
            body.close()

    async def open_answer(
        self, path: str, params: Mapping[str, str] | None = None, *, accept: str = JSON
    ) -> Body:
        """Open an answer that ends by itself, to be closed; raises ApiProblem if refused."""
        timeout = aiohttp.ClientTimeout(
            total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
        )
        return await self._open(_Asked(path, params, {"Accept": accept, **ENCODINGS}, timeout))

    async def open_stream(self, path: str, params: Mapping[str, str] | None = None) -> ByteStream:
        """Open a watch: a body without end, to be closed; raises ApiProblem where it is refused.

        How long to wait for the head of the answer is the caller's to say.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        # A proxy that compresses also gathers, and so holds events back.
        headers = {"Accept": JSON, "Accept-Encoding": "identity"}
        body = await self._open(_Asked(path, params, headers, timeout))
        return ByteStream(body, self.turns, self.bounds)

    def broken(
        self, what: str, error: BodyCutError | BodyUnreadableError | BodyTooLargeError
    ) -> ApiProblem:
        """Return what it means that the body of the answer to `what` could not be read."""
        if isinstance(error, BodyTooLargeError):
            return ApiProblem(oversized(what, str(error)))
        if isinstance(error, BodyUnreadableError):
            return ApiProblem(unreadable(what, str(error)))
        return ApiProblem(connection_problem(self.server, error.__cause__ or error))

    async def identify(self) -> ClusterIdentity:
        """Say which cluster this is; raises ApiProblem.

        Its uid is that of namespace kube-system, which lives as long as the cluster, or, where
        that must not be read, a hash of the server's address and CA.
        """
        uid = self._recognition.uid = await self._told_uid()
        return ClusterIdentity(uid or self._place, self.name, self.server, await self.version())

    async def version(self) -> str:
        """Return the server's version, as `v1.36.2`, "" where it is not told; raises ApiProblem."""
        try:
            body = await self.get("/version")
        except ApiProblem as absent:
            if absent.problem.code not in _ABSENT:
                raise
            return ""
        return version_in(body)

    async def route(self, *, own: bool) -> Route:
        """Return how to reach the server; with `own`, as Baton, else as nobody in particular."""
        await self._renew()
        await self._recognition.check(self.server, self._told_uid)
        configuration = self._configuration
        return Route(
            self.server,
            self._tls if own else self._bare_tls,
            configuration.tls_server_name,
            configuration.proxy,
            configuration.proxy_headers,
            await self._bearer() if own else {},
        )

    async def close(self) -> None:
        """Close every connection; streams that are still read break off."""
        await self._pool.close(abort_ssl=True)  # A server need not agree, and may be gone.
        await self._session.close()

    def _take(self, configuration: Configuration) -> None:
        self._tls = tls_context(configuration)
        self._bare_tls = tls_context(without_certificate(configuration))
        self._configuration = configuration
        self._loads += 1
        self._renewed_at = self._clock.monotonic()
        self.server: str = configuration.host
        self._place = self._fingerprint()
        self.namespace = self._source.namespace

    async def _told_uid(self) -> str:
        try:
            return uid_in(await self.get(UID_PATH))
        except ApiProblem as absent:
            if absent.problem.code not in _ABSENT:
                raise
            return ""

    def _fingerprint(self) -> str:
        ca = self._configuration.ssl_ca_cert
        known = self.server.encode() + (Path(ca).read_bytes() if ca else b"")
        return hashlib.sha256(known).hexdigest()

    async def _open(self, asked: _Asked) -> Body:
        response = await self._request(asked)
        try:
            return Body(response, self.turns)
        except BodyUnreadableError as error:
            response.close()
            raise self.broken(f"GET {asked.path}", error) from error

    async def _request(self, asked: _Asked) -> aiohttp.ClientResponse:
        """Send, and tell where no connection could be opened because too many files are."""
        try:
            return await self._request_twice(asked)
        except (ApiProblem, OSError) as error:
            if descriptors.are_meant_by(error):
                raise ApiProblem(open_files(descriptors.limit())) from error
            raise

    async def _request_twice(self, asked: _Asked) -> aiohttp.ClientResponse:
        """Send; when credentials or CA were refused, read them anew and send once more.

        So too where no server is, and the kubeconfig was written anew: it may name another address.
        """
        await self._renew()
        loads = self._loads
        try:
            return await self._send(asked)
        except ApiProblem as refusal:
            code = refusal.problem.code
            mendable = code in _MENDABLE or (code in _NO_WAY and self._source.changed())
            if not mendable or not await self._reload(loads):
                raise
        return await self._send(asked)

    async def _send(self, asked: _Asked) -> aiohttp.ClientResponse:
        if not self._recognition.is_certain and asked.path != UID_PATH:
            await self._recognition.check(self.server, self._told_uid)
        configuration = self._configuration
        bearer = await self._bearer()
        try:
            response = await self._session.get(
                f"{self.server}{asked.path}",
                params=asked.params,
                headers={**asked.headers, "User-Agent": AGENT, **bearer},
                ssl=self._tls,
                server_hostname=configuration.tls_server_name,
                proxy=configuration.proxy,
                proxy_headers=configuration.proxy_headers,
                allow_redirects=False,  # An API server does not; a sign-in page must not get ours.
                timeout=asked.timeout,
            )
            if response.status == 200 and response.content_type != "text/html":
                return response
            body = await self._refusal(response)
        except CONNECTION_ERRORS as error:
            raise ApiProblem(connection_problem(self.server, error)) from error
        failure = refused(f"GET {asked.path}", response.status, body, response.headers)
        if response.status == 401:
            expiry = expired_at(bearer.get("Authorization", ""), self._clock.now())
            failure.problem = expired_token(failure.problem, expiry) if expiry else failure.problem
        raise failure

    async def _refusal(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the beginning of a refusal, b"" where its body can't be read."""
        try:
            return await Body(response, self.turns).head(self.bounds.error_bytes)
        except (BodyUnreadableError, BodyCutError):
            return b""
        finally:
            response.close()

    async def _bearer(self) -> dict[str, str]:
        bearer = (await self._configuration.auth_settings()).get("BearerToken")
        if not bearer or not bearer["value"]:
            return {}
        # A token's file ends with a line feed, which no header may hold.
        return {"Authorization": bearer["value"].strip()}

    async def _renew(self) -> None:
        """Bring tokens that change by themselves up to date, at most once a minute."""
        async with self._lock:
            if self._clock.monotonic() - self._renewed_at < RENEW_SECONDS:
                return
            self._renewed_at = self._clock.monotonic()
            certificate = self._configuration.cert_file
            await self._source.renew(self._configuration)
            if self._configuration.cert_file != certificate:
                self._tls = tls_context(self._configuration)

    async def _reload(self, loads: int) -> bool:
        """Read all credentials anew, unless another request has; return whether they are new."""
        async with self._lock:
            if self._loads != loads:
                return True
            if self._clock.monotonic() - self._reloaded_at < RELOAD_SECONDS:
                return False
            self._reloaded_at = self._clock.monotonic()
            before = self._place
            self._take(await self._source.load())
            if self._place != before:
                self._recognition.doubt()
            return True


async def connect(
    *,
    kubeconfig: str | None = None,
    context: str | None = None,
    clock: Clock | None = None,
    bounds: Bounds = BOUNDS,
) -> Connection:
    """Connect to the cluster that configuration points to and see that it answers.

    `kubeconfig` may name several files, as KUBECONFIG does. Raises ApiProblem, whose text says
    what failed, the likely cause and what to do.
    """
    source = kubeconfigs.find(kubeconfig, context)
    connection = Connection(source, await source.load(), clock or Clock(), bounds)
    try:
        await connection.version()
    except BaseException:
        await connection.close()
        raise
    return connection
