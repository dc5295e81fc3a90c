"""A broken API server: what it sends where, for `benchmarks.hostile.apiserver` to watch."""

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

PIECE = 2**16
GIB = 2**30

Send = Callable[[bytes], Awaitable[None]]


class Attack(NamedTuple):
    """What is sent for lists of `path`, or for each watch of a custom type if that is "*".

    It ends once a problem of code `until` was told, or a state of that name. The cluster has
    `types` custom types, and who watches it may hold `files` open, if any number is given.
    """

    name: str
    path: str
    answer: Callable[[Send, dict[str, str]], Awaitable[None]]
    until: str = ""
    types: int = 0
    files: int = 0


async def _head(send: Send, code: int = 200, encoding: str = "") -> None:
    packed = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = f"HTTP/1.1 {code} Hostile\r\nContent-Type: application/json\r\n{packed}"
    await send(f"{head}Connection: close\r\n\r\n".encode())


def _endless(code: int, beginning: bytes, again: bytes) -> Any:
    piece = again * max(PIECE // len(again), 1)

    async def answer(send: Send, _: dict[str, str]) -> None:
        await _head(send, code)
        await send(beginning)
        while True:
            await send(piece)

    return answer


def _bomb(beginning: bytes, again: bytes, size: int, encoding: str) -> Any:
    """Make `size` bytes of some hundred kilobytes: one packed block is sent again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    begun = packer.compress(beginning) + packer.flush(zlib.Z_FULL_FLUSH)
    block_size = 16 * 2**20
    content = again * (block_size // len(again))
    block = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)

    async def answer(send: Send, _query: dict[str, str]) -> None:
        await _head(send, 200, encoding)
        await send(begun)
        for _ in range(size // len(content)):
            await send(block)

    return answer


_POD = (
    b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-%d","namespace":"shop","uid":"uid-%d"'
    b',"resourceVersion":"%d","labels":{"app":"web"}},"spec":{"nodeName":"node-1","containers":'
    b'[{"name":"a","image":"b"}]},"status":{"phase":"Running"}}'
)


def _pod(number: int) -> bytes:
    return _POD % (number, number, number + 1)


LIST = b'{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9000000"},"items":['


async def _million(send: Send, _: dict[str, str]) -> None:
    await _head(send)
    await send(LIST)
    for first in range(0, 1_000_000, 500):
        end = b"," if first < 999_500 else b"]}"
        await send(b",".join(map(_pod, range(first, first + 500))) + end)


async def _same_token(send: Send, _: dict[str, str]) -> None:
    await _head(send)
    listed = LIST.replace(b'"metadata":{', b'"metadata":{"continue":"again",')
    await send(listed + _pod(1) + b"]}")


def _one_object(value: Callable[[], bytes]) -> Any:
    async def answer(send: Send, _: dict[str, str]) -> None:
        await _head(send)
        await send(LIST + _pod(1)[:-1] + b',"other":' + value() + b"}]}")

    return answer


def _strings() -> bytes:
    return b"[" + b",".join(b'"s%d"' % number for number in range(800_000)) + b"]"


async def _empty(send: Send, _: dict[str, str]) -> None:
    await _head(send)
    await send(LIST + b"]}")


SITES = "/apis/stable.example.com/v1/kind00000"
PODS = "/api/v1/pods"
ATTACKS = [
    Attack("a refusal without end", PODS, _endless(500, b"", b"x"), "server-error"),
    Attack("a version without end", "/version", _endless(200, b'{"a":"', b"x"), "oversized"),
    Attack("discovery without end", "/apis", _endless(200, b'{"a":"', b"x"), "watching"),
    Attack("one object without end", PODS, _endless(200, LIST + b'{"a":"', b"x"), "oversized"),
    Attack("space without end", PODS, _endless(200, LIST, b" "), "oversized"),
    Attack("the same object without end", PODS, _endless(200, LIST, _pod(1) + b",")),
    Attack("nesting without end", PODS, _endless(200, LIST, b'{"a":['), "oversized"),
    Attack("gzip: 3 GiB of space", PODS, _bomb(LIST, b" ", 3 * GIB, "gzip"), "oversized"),
    Attack("gzip: 3 GiB of text", PODS, _bomb(LIST + b'"', b"x", 3 * GIB, "gzip"), "oversized"),
    Attack("gzip: 3 GiB of nulls", PODS, _bomb(LIST, b"null,", 3 * GIB, "gzip"), "endless"),
    Attack("deflate: 3 GiB", PODS, _bomb(LIST, b" ", 3 * GIB, "deflate"), "malformed"),
    Attack("a million Pods in one page", PODS, _million, "watching"),
    Attack("the same token for ever", PODS, _same_token),
    Attack("800,000 strings in one object", SITES, _one_object(_strings), "watching", types=1),
    Attack("lines without end in 300 watches", "*", _endless(200, b"{", b"x"), types=300),
    Attack("1,100 types, 1,024 files", "", _empty, "too-many-types", types=1100, files=1024),
    Attack("300 types, 256 files", "", _empty, "too-many-types", types=300, files=256),
    Attack("20,000 types", "", _empty, "too-many-types", types=20_000),
]


class Server:
    """Serves one attack, and round it a cluster of Pods and of so many custom types."""

    def __init__(self, attack: Attack) -> None:
        self.attack = attack
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the one request of a connection."""

        async def send(content: bytes) -> None:
            writer.write(content)
            await writer.drain()

        try:
            head = await reader.readuntil(b"\r\n\r\n")
            url = urlsplit(head.split(b" ", 2)[1].decode())
            self.requests += 1
            await self._answer(send, url.path, {k: v[0] for k, v in parse_qs(url.query).items()})
            if "watch" in url.query and "sendInitialEvents" not in url.query:
                await reader.read()  # A watch in which nothing happens.
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # It was given up, as it should be.
        finally:
            writer.close()

    async def _answer(self, send: Send, path: str, query: dict[str, str]) -> None:
        custom, streams = "/stable.example.com/" in path, "sendInitialEvents" in query
        attacked = "*" if custom and "watch" in query else path
        if (
            attacked == self.attack.path
            and (attacked == "*" or "watch" not in query)
            and not streams
        ):
            await self.attack.answer(send, query)
        elif "watch" in query:
            await (_head(send, 422) if streams else _head(send))
        elif path == "/version":
            await _head(send)
            await send(b'{"gitVersion":"v1.36.2"}')
        elif path in ("/api", "/apis"):
            await _head(send)
            await send(json.dumps(self._discovery(path)).encode())
        elif path.endswith("/customresourcedefinitions"):
            await _head(send)
            await send(LIST)
            for number in range(self.attack.types):
                await send((b"," if number else b"") + self._definition(number))
            await send(b"]}")
        else:
            await (_head(send, 403) if "kube-system" in path else _empty(send, query))

    def _discovery(self, path: str) -> dict[str, Any]:
        groups: dict[str, list[str]] = {"": ["pods"]}
        if path == "/apis":
            groups = {"apiextensions.k8s.io": ["customresourcedefinitions"]}
            groups["stable.example.com"] = [f"kind{n:05}" for n in range(self.attack.types)]
        resources = {
            group: [{"resource": each, "verbs": ["list", "watch"]} for each in plurals]
            for group, plurals in groups.items()
        }
        items = [
            {"metadata": {"name": group}, "versions": [{"version": "v1", "resources": each}]}
            for group, each in resources.items()
        ]
        return {"kind": "APIGroupDiscoveryList", "items": items}

    def _definition(self, number: int) -> bytes:
        plural = f"kind{number:05}"
        content = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"{plural}.stable.example.com",
                "uid": f"uid-{plural}",
                "resourceVersion": "1",
            },
            "spec": {
                "group": "stable.example.com",
                "names": {"plural": plural, "kind": "Kind"},
                "scope": "Namespaced",
                "versions": [{"name": "v1", "served": True, "storage": True}],
            },
            "status": {"conditions": [{"type": "Established", "status": "True"}]},
        }
        return json.dumps(content, separators=(",", ":")).encode()
