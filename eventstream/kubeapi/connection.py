"""One authenticated way to one API server, over which bytes are read and nothing is written.

The `kubernetes` package gives configuration, credentials, TLS and the address. Requests are sent
here, because the package retries, buffers and decodes in ways that cost a watch its events.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec
from kubernetes.aio.client import Configuration

from eventstream.kubeapi import kubeconfig as kubeconfigs
from eventstream.kubeapi.answers import refused
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.problems import ApiProblem, expired_token, not_kubernetes
from eventstream.kubeapi.tokens import expired_at
from eventstream.kubeapi.transport import CONNECTION_ERRORS, connection_problem, tls_context

JSON = "application/json"
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
"""Until the server must have gone on answering a list or another single request."""
ANSWER_SECONDS = 600.0
"""Until it must have answered such a request, however slowly."""
RENEW_SECONDS = 60.0
RELOAD_SECONDS = 10.0
"""At most so often are all credentials read anew after a refusal, however many watches ask."""
BUFFER_BYTES = 2**16
"""Of a stream that is read too slowly, about twice this waits in memory, times some 300 streams."""
_MENDABLE = frozenset({"unauthorized", "certificate"})
_ABSENT = frozenset({"forbidden", "not-served"})

_T = TypeVar("_T")


class ClusterIdentity(msgspec.Struct, frozen=True):
    """Which cluster this is: `uid` is stable across addresses where the server lets us read it."""

    uid: str
    name: str
    server: str
    version: str


class StreamCutError(Exception):
    """A stream that broke off instead of ending."""


class ByteStream:
    """The body of a watch, as it comes in."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def read(self) -> bytes:
        """Return the bytes that are there, b"" at the end; raises StreamCutError."""
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StreamCutError(str(error)) from error

    def close(self) -> None:
        """Cut the stream: a read that waits raises StreamCutError."""
        self._response.close()


class _Version(msgspec.Struct, rename={"git_version": "gitVersion"}):
    git_version: str


class _Uid(msgspec.Struct):
    uid: str


class _Namespace(msgspec.Struct):
    metadata: _Uid


class Connection:
    """A way to one cluster; `name` is its context's or host's name, `server` its address."""

    def __init__(
        self, source: kubeconfigs.Source, configuration: Configuration, clock: Clock
    ) -> None:
        self._source = source
        self._clock = clock
        self._lock = asyncio.Lock()
        self._loads = 0
        self._reloaded_at = float("-inf")
        self._take(configuration)
        # No limit: a pool that is full makes further watches wait without a word.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=True,
            read_bufsize=BUFFER_BYTES,
        )

    @property
    def name(self) -> str:
        """The context's name, or the server's host in a Pod."""
        return self._source.name

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, accept: str = JSON
    ) -> bytes:
        """Return the body of the answer; raises ApiProblem for every other end."""
        timeout = aiohttp.ClientTimeout(
            total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
        )
        response = await self._request(path, params, {"Accept": accept}, timeout)
        async with response:
            try:
                return await response.read()
            except CONNECTION_ERRORS as error:
                raise ApiProblem(connection_problem(self.server, error)) from error

    async def open_stream(self, path: str, params: Mapping[str, str] | None = None) -> ByteStream:
        """Open a watch: a body without end, to be closed; raises ApiProblem where it is refused.

        How long to wait for the head of the answer is the caller's to say.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        # A proxy that compresses also gathers, and so holds events back.
        headers = {"Accept": JSON, "Accept-Encoding": "identity"}
        return ByteStream(await self._request(path, params, headers, timeout))

    async def identify(self) -> ClusterIdentity:
        """Say which cluster this is; raises ApiProblem.

        Its uid is that of namespace kube-system, which lives as long as the cluster, or, where
        that must not be read, a hash of the server's address and CA.
        """
        try:
            body = await self.get("/api/v1/namespaces/kube-system")
            uid = decoded("GET namespace kube-system", body, _Namespace).metadata.uid
        except ApiProblem as absent:
            if absent.problem.code not in _ABSENT:
                raise
            uid = self._fingerprint()
        return ClusterIdentity(uid, self.name, self.server, await self.version())

    async def version(self) -> str:
        """Return the server's version, as `v1.36.2`, "" where it is not told; raises ApiProblem."""
        try:
            body = await self.get("/version")
        except ApiProblem as absent:
            if absent.problem.code not in _ABSENT:
                raise
            return ""
        return decoded("GET /version", body, _Version).git_version

    async def close(self) -> None:
        """Close every connection; streams that are still read break off."""
        await self._session.close()

    def _take(self, configuration: Configuration) -> None:
        self._tls = tls_context(configuration)
        self._configuration = configuration
        self._loads += 1
        self._renewed_at = self._clock.monotonic()
        self.server: str = configuration.host

    def _fingerprint(self) -> str:
        ca = self._configuration.ssl_ca_cert
        known = self.server.encode() + (Path(ca).read_bytes() if ca else b"")
        return hashlib.sha256(known).hexdigest()

    async def _request(
        self,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> aiohttp.ClientResponse:
        """Send; when credentials or CA were refused, read them anew and send once more."""
        await self._renew()
        loads = self._loads
        try:
            return await self._send(path, params, headers, timeout)
        except ApiProblem as refusal:
            if refusal.problem.code not in _MENDABLE or not await self._reload(loads):
                raise
        return await self._send(path, params, headers, timeout)

    async def _send(
        self,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> aiohttp.ClientResponse:
        configuration = self._configuration
        bearer = await self._bearer()
        try:
            response = await self._session.get(
                f"{self.server}{path}",
                params=params,
                headers={**headers, "User-Agent": "baton", **bearer},
                ssl=self._tls,
                server_hostname=configuration.tls_server_name,
                proxy=configuration.proxy,
                proxy_headers=configuration.proxy_headers,
                allow_redirects=False,  # An API server does not; a sign-in page must not get ours.
                timeout=timeout,
            )
            if response.status == 200 and response.content_type != "text/html":
                return response
            async with response:
                body = await response.read()
        except CONNECTION_ERRORS as error:
            raise ApiProblem(connection_problem(self.server, error)) from error
        failure = refused(f"GET {path}", response.status, body, response.headers)
        if response.status == 401:
            expiry = expired_at(bearer.get("Authorization", ""), self._clock.now())
            failure.problem = expired_token(failure.problem, expiry) if expiry else failure.problem
        raise failure

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
            self._take(await self._source.load())
            return True


def decoded(what: str, body: bytes, type_: type[_T]) -> _T:
    """Return the answer to `what` ("GET /version"); raises ApiProblem where it is no such JSON."""
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        raise ApiProblem(not_kubernetes(what, 200, f"JSON of another kind ({error})")) from error


async def connect(
    *, kubeconfig: str | None = None, context: str | None = None, clock: Clock | None = None
) -> Connection:
    """Connect to the cluster that configuration points to and see that it answers.

    `kubeconfig` may name several files, as KUBECONFIG does. Raises ApiProblem, whose text says
    what failed, the likely cause and what to do.
    """
    source = kubeconfigs.find(kubeconfig, context)
    connection = Connection(source, await source.load(), clock or Clock())
    try:
        await connection.version()
    except BaseException:
        await connection.close()
        raise
    return connection
