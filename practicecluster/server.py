"""The HTTP side: from a request to discovery, a get, a list, a watch, a review, or a refusal."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

import msgspec
from aiohttp import web

from practicecluster import discovery, openapi
from practicecluster.access import Access
from practicecluster.auditing import AuditLog
from practicecluster.faults import Faults, Reply
from practicecluster.listing import list_page
from practicecluster.options import is_watch, parse_list, parse_selection, parse_watch
from practicecluster.paths import Target, parse_path
from practicecluster.presentation import Presentation, presentation_for
from practicecluster.reviews import REVIEW_PATHS, review
from practicecluster.selection import Selection
from practicecluster.situations.staging import Situations
from practicecluster.statuses import ApiError, UnknownTypeError, method_not_allowed, not_found
from practicecluster.store import Store
from practicecluster.stored import JsonObject, Stored, key_of
from practicecluster.watch_stream import HEADERS, WatchStream
from practicecluster.watching import Watch
from practicecluster.writing import requests, subresources
from practicecluster.writing.container_logs import logs
from practicecluster.writing.openshift.requests import pod_of
from practicecluster.writing.requesting import Request
from practicecluster.writing.writer import Asked, Writer

_NOT_READ = frozenset({"binding", "eviction", "finalize", "instantiate", "rollback"})
"""Subresources that take something and show nothing."""
_HEALTH_PATHS = {"/healthz", "/livez", "/readyz"}


class ApiServer:
    """Answers every request from the store. `bookmark_seconds` is how often watches get one."""

    def __init__(
        self, store: Store, access: Access, faults: Faults, *, bookmark_seconds: float
    ) -> None:
        self._store = store
        self._access = access
        self._faults = faults
        self._bookmark_seconds = bookmark_seconds
        self.writer: Writer | None = None
        """Takes writes; without one, every write is refused (405)."""
        self.situations: Situations | None = None
        """Recordings that people may have started, which controllers do not see."""
        self.audit: AuditLog | None = None
        """Where it is logged who asked for what to be written; nowhere without one."""
        self.watched = asyncio.Event()
        """Set once a client has begun to watch."""

    def application(self) -> web.Application:
        """Return the aiohttp application: one handler, since the paths are the store's to know."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.handle)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, refusals included."""
        await self._faults.flowing()
        try:
            await self._faults.wait(request.path)
            planned = self._faults.take_reply(request.path, request.query)
            if planned is not None:
                return _planned(planned)
            if self._faults.is_away(request.path):
                return web.Response(status=503, text="service unavailable\n")
            return await self._answer(request)
        except ApiError as error:
            return _refusal(error)
        except ConnectionError:
            return web.Response(status=499)  # The client has left, and nobody reads this.
        except UnknownTypeError:
            headers = {"Cache-Control": "no-cache, private", "X-Content-Type-Options": "nosniff"}
            return web.Response(status=404, text="404 page not found\n", headers=headers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        user = self._access.user(request.headers.get("Authorization", ""))
        path = request.path.rstrip("/") or "/"
        if request.method == "POST" and path in REVIEW_PATHS:
            self._access.check_path(user, path)
            return _json(review(self._access, user, path, await request.read()), status=201)
        if request.method not in {"GET", "HEAD"}:
            return await self._write(request, user)
        if path in _HEALTH_PATHS:
            return web.Response(text="ok")
        document = self._document(request, path)
        if document is not None:
            self._access.check_path(user, path)
            return document
        return await self._read(request, user)

    def _document(self, request: web.Request, path: str) -> web.Response | None:
        """Return the answer to a path of discovery, None for any other path."""
        types = self._store.types
        if path in {"/api", "/apis"} and discovery.wants_aggregated(
            request.headers.get("Accept", "")
        ):
            shown = discovery.aggregated(types, self._faults.away, core=path == "/api")
            return _json(shown, content_type=discovery.AGGREGATED)
        if path.startswith("/openapi/") and self.writer is not None:
            return self._openapi(path)
        found: JsonObject | None
        match path.strip("/").split("/"):
            case ["version"]:
                found = discovery.VERSION
            case ["api"]:
                found = discovery.api_versions(request.host)
            case ["apis"]:
                found = discovery.group_list(types)
            case ["apis", group]:
                found = discovery.group(types, group)
            case ["api", version]:
                found = discovery.resource_list(types, version)
            case ["apis", group, version]:
                found = discovery.resource_list(types, f"{group}/{version}")
            case _:
                found = None
        return _json(found) if found is not None else None

    def _openapi(self, path: str) -> web.Response | None:
        """Return the answer to a path of OpenAPI, None for one that is none."""
        if path == "/openapi/v2":
            headers = HEADERS | {"Content-Type": openapi.V2_TYPE}
            return web.Response(body=openapi.older(self._store), headers=headers)
        if path == "/openapi/v3":
            return _json(openapi.index(self._store))
        found = openapi.document(self._store, path.removeprefix("/openapi/v3/"))
        return _json(found) if found is not None else None

    async def _read(self, request: web.Request, user: str) -> web.StreamResponse:
        """Answer a get, list or watch."""
        target = parse_path(request.path, self._store.types)
        verb = "get" if target.name else "list"
        if is_watch(request.query):
            verb = "watch"
        if verb not in target.served.verbs:
            raise method_not_allowed()
        self._access.check(user, verb, target)
        if target.subresource not in {"", "status"}:
            return self._subresource(request, target)
        if verb == "watch":
            return await self._watch(request, target, user)
        if verb == "list":
            return self._list(request, target, user)
        return self._get(request, target)

    def _get(self, request: web.Request, target: Target) -> web.Response:
        served = target.served
        found = self._store.cache(served.storage).objects.get(key_of(target.namespace, target.name))
        if found is None:
            raise not_found(served, target.name)
        return _bytes(self._presentation(request, target).one(found) + b"\n")

    def _subresource(self, request: web.Request, target: Target) -> web.Response:
        """Answer a get of what is more than a view of the object."""
        if self.writer is None or target.subresource in _NOT_READ:
            raise method_not_allowed()
        asked = Asked(target.served, target.namespace, target.name)
        thing = self.writer.current(asked)
        if target.subresource == "scale":
            return _json(subresources.scale_of(target.served, thing))
        if target.subresource == "log":
            wanted = request.query.get("container", "")
            previous = request.query.get("previous", "") in {"true", "1"}
            if target.served.group:  # A DeploymentConfig's is that of a Pod.
                thing, previous = pod_of(self._store, thing, dict(request.query)), False
                asked = Asked(target.served, target.namespace, thing["metadata"]["name"])
            return web.Response(text=logs(asked, thing, wanted, previous=previous))
        return _json(thing)

    async def _write(self, request: web.Request, user: str) -> web.StreamResponse:
        """Answer a create, update, patch or delete."""
        if self.writer is None or request.method not in requests.VERBS:
            raise method_not_allowed()
        target = parse_path(request.path, self._store.types)
        verb = requests.verb_of(request.method, target)
        self._access.check(user, verb, target)
        if self.situations is not None:
            self.situations.check(target)
        headers = request.headers
        sent = requests.Sent(
            request.method,
            request.query,
            headers.get("Content-Type", ""),
            headers.get("User-Agent", ""),
            await _body(request),
        )
        chosen = None
        if verb == "deletecollection":
            chosen = self._without_situations(
                parse_selection(request.query, target.served, target.namespace), target
            )
        asked, received = Request(user, sent.agent, verb, target.subresource), time.time()
        answered: JsonObject | ApiError = {}
        try:
            with self.writer.by(asked):
                taken = requests.take(self.writer, target, sent, chosen)
            answered = taken.document
        except ApiError as error:
            answered = error
            raise
        finally:
            if self.audit is not None:
                uri = request.path_qs
                self.audit.answered(asked, target, uri, answered, received, time.time())
        if taken.is_object:
            shown = self._presentation(request, target)
            revision = int(taken.document["metadata"].get("resourceVersion") or 0)
            stored = Stored(target.served.storage, taken.document, revision)
            answer = _bytes(shown.one(stored) + b"\n", status=taken.code)
        else:
            answer = _json(taken.document, status=taken.code)
        for warning in taken.warnings:
            answer.headers.add("Warning", f'299 - "{_quoted(warning)}"')
        return answer

    def _list(self, request: web.Request, target: Target, user: str) -> web.Response:
        selection = self._selection(request.query, target, user)
        page = list_page(self._store, target.served, selection, parse_list(request.query))
        return _bytes(self._presentation(request, target).many(page.objects, page.list_meta))

    def _selection(self, query: Mapping[str, str], target: Target, user: str) -> Selection:
        """Return what a list or watch selects, of what there is for who asks."""
        selection = parse_selection(query, target.served, target.namespace)
        if user in self._access.controllers:
            return self._without_situations(selection, target)
        return selection

    def _without_situations(self, selection: Selection, target: Target) -> Selection:
        storage = target.served.storage

        def hidden(key: str) -> bool:  # Looked up each time: a watch may have begun before them.
            return self.situations is not None and self.situations.holds(storage, key)

        return replace(selection, hidden=hidden)

    async def _watch(self, request: web.Request, target: Target, user: str) -> web.StreamResponse:
        served = target.served
        options = parse_watch(request.query)
        # A watch of one object is a watch of its type that selects the name.
        query = dict(request.query)
        if target.name:
            query["fieldSelector"] = f"metadata.name={target.name}"
        selection = self._selection(query, target, user)
        stream = WatchStream(
            request,
            self._faults,
            timeout=options.timeout,
            bookmark_seconds=self._bookmark_seconds,
        )
        shown = self._presentation(request, target)
        try:
            watch = Watch(self._store, served, selection, options, shown)
        except ApiError as error:
            return await stream.refuse(error)
        self.watched.set()
        return await stream.serve(watch)

    def _presentation(self, request: web.Request, target: Target) -> Presentation:
        included = request.query.get("includeObject", "Metadata")
        accept = request.headers.get("Accept", "")
        return presentation_for(target.served, accept, included, time.time)


async def _body(request: web.Request) -> bytes:
    """Return the whole body; raises ApiError 413 for one that is too long."""
    body = b""
    async for part in request.content.iter_any():
        body += part
        if len(body) > requests.BODY_MOST:
            most = f"limit is {requests.BODY_MOST}"
            raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: {most}")
    return body


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _bytes(body: bytes, *, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers=HEADERS)


def _json(
    document: JsonObject, *, status: int = 200, content_type: str = "application/json"
) -> web.Response:
    body = msgspec.json.encode(document) + b"\n"
    return web.Response(body=body, status=status, headers=HEADERS | {"Content-Type": content_type})


def _planned(reply: Reply) -> web.Response:
    """Return the answer that a test wants in place of the true one."""
    if reply.body is not None:
        headers = {"Content-Type": reply.content_type}
        return web.Response(body=reply.body, status=reply.status, headers=headers)
    wish = {"retryAfterSeconds": reply.retry_after} if reply.retry_after is not None else None
    return _refusal(ApiError(reply.status, reply.reason, reply.message, details=wish))


def _refusal(error: ApiError) -> web.Response:
    response = _json(error.status(), status=error.code)
    if error.code == 403:
        response.headers["X-Content-Type-Options"] = "nosniff"
    if error.details and "retryAfterSeconds" in error.details:
        response.headers["Retry-After"] = str(error.details["retryAfterSeconds"])
    return response
