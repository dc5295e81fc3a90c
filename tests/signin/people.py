"""People with tokens, an API server's answers about them, and a browser that keeps cookies."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from channels.testing import HttpCommunicator, WebsocketCommunicator

from dashboard.asgi import application
from eventstream.reviewing import (
    Credential,
    Identity,
    Names,
    Question,
    Rule,
    Token,
    UnansweredError,
    UnrecognisedError,
)

PATIENCE = 30.0
VERBS = ("get", "list", "watch")


@dataclass
class Person:
    """Who may get, list and watch `resources` (None: all) in `namespaces` (None: everywhere)."""

    name: str
    namespaces: frozenset[str] | None = None
    resources: frozenset[tuple[str, str]] | None = None
    verbs: tuple[str, ...] = VERBS
    paths: frozenset[str] = frozenset()


@dataclass
class Cluster:
    """A `Reviewer` that knows people by their tokens; notes each question."""

    people: dict[str, Person] = field(default_factory=dict)
    down: bool = False
    asked: list[Question] = field(default_factory=list)
    gotten: list[str] = field(default_factory=list)

    async def who(self, token: Token) -> Identity:
        return Identity(self._of(token).name, ("system:authenticated",))

    async def allowed(self, viewer: Credential, question: Question) -> bool:
        person = self._of(viewer)
        self.asked.append(question)
        place = question.namespace or None
        within = person.namespaces is None or place in person.namespaces
        named = (question.group, question.resource)
        typed = person.resources is None or named in person.resources
        return question.verb in person.verbs and within and typed

    async def may_get(self, viewer: Credential, path: str) -> bool:
        person = self._of(viewer)
        self.gotten.append(path)
        return path in person.paths

    async def rules(self, viewer: Credential, namespace: str) -> Sequence[Rule] | None:
        self._of(viewer)
        return None

    def _of(self, viewer: Credential) -> Person:
        if self.down:
            raise UnansweredError("The API server is away.")
        known = viewer.user if isinstance(viewer, Names) else viewer.value
        if known not in self.people:
            raise UnrecognisedError
        return self.people[known]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str


class Browser:
    """Asks as a browser does that shows pages of ours; keeps cookies, follows nothing."""

    def __init__(self, host: str = "localhost:8000", client: str = "127.0.0.1") -> None:
        self.host = host
        self.client = client
        self.scheme = "http"
        self.cookies: dict[str, str] = {}

    def headers(self, more: dict[str, str]) -> list[tuple[bytes, bytes]]:
        named = {"host": self.host, "accept": "text/html", **more}
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return [(name.encode(), value.encode()) for name, value in named.items() if value]

    async def ask(self, path: str, method: str = "GET", body: str = "", **more: str) -> Answer:
        headers = self.headers({name.replace("_", "-"): value for name, value in more.items()})
        asked = HttpCommunicator(application, method, path, body.encode(), headers)
        asked.scope["client"] = [self.client, 40000]
        asked.scope["path"] = path.partition("?")[0]
        start, answered = await self._whole(asked)
        said = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
        cookies = [value for name, value in said if name == "set-cookie"]
        for cookie in cookies:
            for name, morsel in SimpleCookie(cookie).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return Answer(start["status"], dict(said), cookies, answered.decode(errors="replace"))

    async def _whole(self, asked: HttpCommunicator) -> tuple[dict[str, Any], bytes]:
        """The head of an answer and all of its body, in however many pieces it comes."""
        await asked.send_input({"type": "http.request", "body": asked.body})
        start = await asked.receive_output(timeout=PATIENCE)
        body, more = b"", True
        while more:
            piece = await asked.receive_output(timeout=PATIENCE)
            body += piece.get("body", b"")
            more = piece.get("more_body", False)
        await asked.wait(timeout=PATIENCE)
        return start, body

    async def get(self, path: str, **more: str) -> Answer:
        return await self.ask(path, **more)

    async def send(self, path: str, fields: dict[str, str] | None = None, **more: str) -> Answer:
        """Send a form of ours."""
        if "csrftoken" not in self.cookies:
            await self.get("/login")
        form = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **(fields or {})}
        kind = "application/x-www-form-urlencoded"
        origin = more.pop("origin", f"{self.scheme}://{self.host}")
        body = urlencode(form)
        length = str(len(body))
        return await self.ask(
            path, "POST", body, content_type=kind, content_length=length, origin=origin, **more
        )

    async def sign_in(self, token: str, **more: str) -> Answer:
        return await self.sign_in_at("/login", token, **more)

    async def sign_in_at(self, address: str, token: str, **more: str) -> Answer:
        return await self.send(address, {"token": token}, **more)

    def socket(self, **more: str) -> WebsocketCommunicator:
        origin = {"origin": f"{self.scheme}://{self.host}"}
        socket = WebsocketCommunicator(application, "/live", headers=self.headers(origin | more))
        socket.scope["client"] = [self.client, 40001]
        return socket


async def closed_with(socket: WebsocketCommunicator, within: float = PATIENCE) -> tuple[int, str]:
    """The code by which a socket is closed, and the reason that goes ahead."""
    reason = ""
    async with asyncio.timeout(within):
        while True:
            output: dict[str, Any] = await socket.receive_output(timeout=within)
            if output["type"] == "websocket.close":
                return output["code"], reason
            message = json.loads(output.get("text") or "{}")
            if message.get("type") == "refused":
                reason = message["reason"]
