"""The API over HTTP, as a controller asks it: under its own name, a watch for each kind."""

import http.client
import itertools
import json
import logging
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import msgspec

from practicecluster.controllers.api import Change, Json, Refused, Tell, WatchType
from practicecluster.controllers.clock import Clock
from practicecluster.controllers.informers import Informers, Watched
from practicecluster.controllers.kinds import kind_of, name_of
from practicecluster.controllers.who import Who
from practicecluster.copying import copied

_ANSWER_SECONDS = 30.0
_AGAIN_SECONDS = 0.5
_TRIES = 5
_JSON, _MERGE = "application/json", "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"
_BACKGROUND: Json = {
    "apiVersion": "v1",
    "kind": "DeleteOptions",
    "propagationPolicy": "Background",
}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """Where the API server is: its URL, its CA's certificate as PEM, and each user's token."""

    url: str
    authority: str
    token_of: Callable[[str], str]

    def connection(self, timeout: float | None) -> http.client.HTTPConnection:
        """Return a connection that is not open yet; `timeout` is in seconds."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        context = ssl.create_default_context(cadata=self.authority)
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


class HttpApi:
    """An API server, asked by one thread at a time; watches are those of its `informers`."""

    def __init__(
        self, address: Address, clock: Clock, who: Who, informers: Informers | None = None
    ) -> None:
        self.clock = clock
        self._address, self._who = address, who
        self._open: http.client.HTTPConnection | None = None
        self._informers = informers or Informers()
        self._own = informers is None
        self._below: list[HttpApi] = []

    def seen_by(self, who: Who) -> Self:
        """Return the same server for one client, with a connection of its own."""
        below = type(self)(self._address, self.clock, who, self._informers)
        self._below.append(below)
        return below

    def end(self) -> None:
        """Close all connections, and end its own watches, of this client and those made from it."""
        for below in self._below:
            below.end()
        if self._own:
            self._informers.end()
        if self._open is not None:
            self._open.close()

    def watch(self, tell: Tell, kinds: tuple[str, ...], node: str = "") -> None:
        """Call `tell`, by the clock, for what exists and for each write from now on."""
        for kind in kinds:
            chosen = f"spec.nodeName={node}" if node and kind == "Pod" else ""
            self._informers.follow(self, Watched(kind, chosen), self.clock, tell)

    @property
    def program(self) -> str:
        """What the program is called in which this client runs."""
        return self._who.agent.partition("/")[0]

    def listed(
        self, connection: http.client.HTTPConnection, what: Watched
    ) -> tuple[list[Json], str]:  # fmt: skip
        """Return what is to be watched as it is now, and from which version on; raises Refused."""
        query = {"fieldSelector": what.chosen} if what.chosen else {}
        answer = self.request(connection, "GET", f"{_path(what.kind)}?{urlencode(query)}")
        text = answer.read()
        if answer.status != http.client.OK:
            raise Refused(answer.status, "", text.decode(errors="replace"))
        found = msgspec.json.decode(text)
        return list(_items(what.kind, found)), found["metadata"]["resourceVersion"]

    def changes(
        self, connection: http.client.HTTPConnection, what: Watched, version: str
    ) -> Iterator[tuple[WatchType, Json]]:
        """Yield each change after a version, until the server ends that."""
        query = {"watch": "1", "resourceVersion": version}
        query |= {"fieldSelector": what.chosen} if what.chosen else {}
        stream = self.request(connection, "GET", f"{_path(what.kind)}?{urlencode(query)}")
        while line := stream.readline():
            event = msgspec.json.decode(line)
            if event["type"] == "ERROR":
                return
            yield event["type"], _whole(event["object"])

    def find(self, kind: str, space: str, name: str) -> Json | None:
        """Return an object as it is stored."""
        try:
            return self._ask("GET", _path(kind, space, name))
        except Refused as refusal:
            if refusal.code == http.client.NOT_FOUND:
                return None
            raise

    def every(self, kind: str) -> list[Json]:
        """Return all objects of a kind; none of one that is not served."""
        return list(_items(kind, self._listed(kind, "")))

    def create(self, who: Who, thing: Json) -> Json:
        """Store a new object and return it."""
        space = thing["metadata"].get("namespace", "")
        return self._ask("POST", _path(name_of(thing), space), thing, who=who)

    def update(self, who: Who, thing: Json, sub: str = "") -> Json:
        """Replace an object, or a part of it by a subresource; Refused (409) if it moved on."""
        return self._ask("PUT", _path_of(thing, sub), thing, who=who)

    def patch(self, who: Who, thing: Json, change: Change, sub: str = "") -> Json:
        """Change an object as it is now, whatever version the asker had seen."""
        wanted = thing["metadata"].get("uid")
        for attempt in itertools.count():
            now = self._ask("GET", _path_of(thing))
            if wanted and now["metadata"]["uid"] != wanted:
                raise Refused(409, "Conflict", "another object has that name")
            after = copied(now)
            change(after)
            patch = difference(now, after)
            if not patch:
                return now
            patch.setdefault("metadata", {})["resourceVersion"] = now["metadata"]["resourceVersion"]
            try:
                return self._ask("PATCH", _path_of(now, sub), patch, form=_MERGE, who=who)
            except Refused as refusal:
                if refusal.code != http.client.CONFLICT or attempt == _TRIES:
                    raise
        raise AssertionError

    def apply(self, who: Who, thing: Json) -> Json:
        """Server-side apply, forced."""
        return self._ask("PATCH", _path_of(thing), thing, form=_APPLY, who=who, force="true")

    def bind(self, who: Who, pod: Json, node: str) -> Json:
        """Put a Pod on a node."""
        named = {name: pod["metadata"][name] for name in ("name", "namespace")}
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": named, "target": target}
        return self._ask("POST", _path_of(pod, "binding"), body, who=who)

    def evict(self, who: Who, pod: Json) -> None:
        """Delete a Pod where its budgets allow."""
        named = {name: pod["metadata"][name] for name in ("name", "namespace")}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": named}
        self._ask("POST", _path_of(pod, "eviction"), body, who=who)

    def delete(
        self, who: Who, thing: Json, policy: str = "Background", grace: int | None = None
    ) -> None:
        """Delete an object, or mark it: `grace` is in seconds."""
        body: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if thing["metadata"].get("uid"):
            body["preconditions"] = {"uid": thing["metadata"]["uid"]}
        self._ask("DELETE", _path_of(thing), body, who=who)

    def delete_all(self, who: Who, kind: str, space: str) -> Generator[float, None, int]:
        """Delete all of a kind in a namespace; return how many there were."""
        found = self._listed(kind, space)["items"]
        yield self.clock.between(0.0005, 0.004)
        if found:
            self._ask("DELETE", _path(kind, space), _BACKGROUND, who=who)
        return len(found)

    def _listed(self, kind: str, space: str) -> Json:
        try:
            return self._ask("GET", _path(kind, space))
        except Refused as refusal:
            if refusal.code == http.client.NOT_FOUND:
                return {"items": []}
            raise

    def finalize(self, who: Who, name: str) -> None:
        """Let a namespace go."""
        body = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name},
            "spec": {"finalizers": []},
        }
        self._ask("PUT", _path("Namespace", "", name, "finalize"), body, who=who)

    def request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Json | None = None,
        form: str = _JSON,
        who: Who | None = None,
    ) -> http.client.HTTPResponse:
        """Send a request in this client's name, or another's, and return the answer's beginning."""
        who = who or self._who
        headers = {
            "Authorization": f"Bearer {self._address.token_of(who.user)}",
            "User-Agent": who.agent,
            "Content-Type": form,
            "Accept": _JSON,
        }
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        return connection.getresponse()

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection for a watch, on which an answer may take for ever."""
        return self._address.connection(None)

    def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        form: str = _JSON,
        who: Who | None = None,
        **query: str,
    ) -> Json:
        """Return the answer to a request; raises Refused, also where nobody answers."""
        if who is not None and who.manager != who.agent.partition("/")[0]:
            query["fieldManager"] = who.manager
        if query:
            path += "?" + urlencode(query)
        status, text = self._answer(who or self._who, method, path, body, form)
        found = msgspec.json.decode(text) if text.startswith(b"{") else {}
        if status >= http.client.BAD_REQUEST:
            said = found.get("message") or text.decode(errors="replace")[:200]
            raise Refused(status, found.get("reason", ""), said)
        return _whole(found)

    def _answer(
        self, who: Who, method: str, path: str, body: Json | None, form: str
    ) -> tuple[int, bytes]:
        """Return an answer's status and body; a server that is away is waited for.

        A request is sent again only where the server can't have taken it: it did not listen, or it
        had closed an idle connection. Source: https://pkg.go.dev/net/http#Transport
        """
        deadline = time.monotonic() + _ANSWER_SECONDS
        while True:
            reused = self._open is not None
            try:
                self._open = self._open or self._address.connection(_ANSWER_SECONDS)
                response = self.request(self._open, method, path, body, form, who)
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                if self._open is not None:
                    self._open.close()
                self._open = None
                idle = reused and isinstance(error, ConnectionResetError | BrokenPipeError)
                away = isinstance(error, ConnectionRefusedError)
                if not (idle or away) or time.monotonic() > deadline:
                    raise Refused(503, "ServiceUnavailable", f"no answer: {error}") from error
                if away:
                    time.sleep(_AGAIN_SECONDS)


def _path(kind: str, space: str = "", name: str = "", sub: str = "") -> str:
    known = kind_of(kind)
    if known is None:
        raise Refused(404, "NotFound", f"nobody has heard of {kind}")
    parts = ["/apis" if "/" in known.api_version else "/api", known.api_version]
    if known.namespaced and space:
        parts += ["namespaces", space]
    return "/".join([*parts, known.plural, *([name] if name else []), *([sub] if sub else [])])


def _path_of(thing: Json, sub: str = "") -> str:
    metadata = thing["metadata"]
    return _path(name_of(thing), metadata.get("namespace", ""), metadata["name"], sub)


def _items(kind: str, found: Json) -> Iterator[Json]:
    """Yield the objects of a list, which bear no kind there."""
    for item in found["items"]:
        known = kind_of(kind)
        version = known.api_version if known is not None else ""
        yield _whole({"apiVersion": version, "kind": kind.partition(".")[0], **item})


def _whole(thing: Json) -> Json:
    """Return an object with a status, as controllers hold it in memory."""
    if "metadata" in thing and thing.get("kind") not in ("Event", "Status", None):
        thing.setdefault("status", {})
    return thing


def difference(before: Any, after: Any) -> Json:
    """Return the JSON merge patch that leads from one object to another."""
    patch: Json = {}
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            patch[name] = None
        elif name not in before:
            patch[name] = after[name]
        elif isinstance(before[name], dict) and isinstance(after[name], dict):
            below = difference(before[name], after[name])
            if below:
                patch[name] = below
        elif before[name] != after[name]:
            patch[name] = after[name]
    return patch
