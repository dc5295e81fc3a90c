"""What a cluster may send though it should not: values of any shape at any place of an object.

Everything is drawn through `Draw`, which Hypothesis and atheris both can be.
"""

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any, Protocol

from tests.fuzzing.samples import sample, types_watched

Path = tuple[str | int, ...]


class Draw(Protocol):
    """A source of choices: `random.Random` is one, and so is what wraps a fuzzer's bytes."""

    def randrange(self, below: int, /) -> int:
        """A number from 0 to `below` - 1."""


def seeded(seed: int) -> random.Random:
    """Choices that the number decides."""
    return random.Random(seed)


_HOSTILE = (
    "",
    " ",
    "-",
    "--all",
    "-o yaml",
    ".",
    "..",
    "../..",
    "/",
    "a/b",
    "//evil.example",
    "%2F",
    "%",
    "a%00b",
    "?x=1",
    "#top",
    "a b",
    "'",
    '"',
    "`id`",
    "$(id)",
    ";id",
    "\\",
    "\x00",
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m",
    "\x7f",
    "line\nfeed\r\n",
    "\u202egnp.exe",
    "\u2066\u2069",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\udc00\ud800",
    "😀",
    "مرحبا",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "{% url 'x' %}",
    "%s%d%n",
    "=1+1",
    "null",
    "true",
    "1",
    "-1",
    "1e400",
    "NaN",
    "9" * 40,
    "0x10",
    "2026-11-23T00:07:01Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "1969-12-31T23:59:59Z",
    "2026-11-23T00:07:01",
    "2026-11-23",
    "20261123T000701Z",
    "2026-W01-1T00:00:00Z",
    "hidden:0123456789ab",
    "no-uid:v1/pods:a/b",
    "existing",
    "UID",
    "Event",
    "Lease",
    "Pod",
    "Node",
    "Deployment",
    "Secret",
    "Table",
    "List",
    "kube-node-lease",
    "apps/v1",
    "v1",
    "x" * 300,
    "x" * 10_000,
    "é" * 10_000,
    "a/" * 5_000,
)
_NUMBERS = (
    0,
    -1,
    1,
    0.5,
    -0.0,
    1e15,
    1e300,
    -1e300,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    2**64,
    10**40,
    float("nan"),
    float("inf"),
    float("-inf"),
)
_NESTED = re.compile(r'"nested:(\d+):([01])"')
_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], [{}], {"": None}, {"a/b": {}})


def text(draw: Draw) -> str:
    """A text that somebody would rather not meet."""
    return _HOSTILE[draw.randrange(len(_HOSTILE))]


def value(draw: Draw) -> Any:
    """Any JSON value at all."""
    match draw.randrange(6):
        case 0:
            return _NUMBERS[draw.randrange(len(_NUMBERS))]
        case 1:
            return copy.deepcopy(_OTHERS[draw.randrange(len(_OTHERS))])
        case 2:
            return nested(draw)
        case 3:
            return {text(draw): value_flat(draw) for _ in range(draw.randrange(4))}
        case 4:
            return [value_flat(draw) for _ in range(draw.randrange(4))]
        case _:
            return text(draw)


def value_flat(draw: Draw) -> Any:
    """A value without anything in it."""
    return _NUMBERS[draw.randrange(len(_NUMBERS))] if draw.randrange(3) == 0 else text(draw)


def nested(draw: Draw) -> str:
    """What `written` turns into a value in a value in a value, more than any reader stands."""
    depth = (1, 5, 31, 33, 90, 101, 300, 450, 900, 5_000)[draw.randrange(10)]
    return f"nested:{depth}:{draw.randrange(2)}"


def places(whole: Any, within: Path = ()) -> Iterator[Path]:
    """The way to every value in `whole`, but for the whole itself."""
    steps = whole.items() if isinstance(whole, dict) else enumerate(whole)
    for step, item in list(steps):
        yield (*within, step)
        if isinstance(item, dict | list):
            yield from places(item, (*within, step))


def spoiled(draw: Draw, whole: dict[str, Any], most: int = 4) -> dict[str, Any]:
    """`whole`, a few of its values replaced by odd ones, taken away or added to."""
    for _ in range(1 + draw.randrange(most)):
        ways = list(places(whole))
        if not ways:
            break
        *way, last = ways[draw.randrange(len(ways))]
        parent: Any = whole
        for step in way:
            parent = parent[step]
        match draw.randrange(4):
            case 0 if isinstance(parent, dict):
                del parent[last]
            case 1 if isinstance(parent, dict):
                parent[text(draw)] = value(draw)
            case _:
                parent[last] = value(draw)
    return whole


def written(whole: Any) -> bytes:
    """JSON of it, with the halves of surrogate pairs, NaN and Infinity that it may hold."""
    text_ = json.dumps(whole, ensure_ascii=True, separators=(",", ":"))
    return _NESTED.sub(_unfolded, text_).encode()


def _unfolded(found: re.Match[str]) -> str:
    depth = int(found[1])
    return "[" * depth + "]" * depth if found[2] == "0" else '{"a":' * depth + "1" + "}" * depth


def odd_object(draw: Draw) -> tuple[str, dict[str, Any]]:
    """The key of a resource, and an object of it that is not as it should be."""
    all_ = types_watched()
    api_version, plural, kind = all_[draw.randrange(len(all_))]
    whole = sample(api_version, kind)
    # Other objects beside the first: the uid is that of one of a few.
    number = draw.randrange(4)
    whole["metadata"] |= {"uid": f"{whole['metadata']['uid'][:-1]}{number}", "name": f"web{number}"}
    return f"{api_version}/{plural}", spoiled(draw, whole)


def odd_line(draw: Draw, number: int = 1) -> bytes:
    """A line of a recording that holds an odd object, or is odd itself."""
    resource, content = odd_object(draw)
    kind = ("ADDED", "MODIFIED", "MODIFIED", "DELETED", "LIST", "LIST")[draw.randrange(6)]
    if kind == "LIST":
        items = [content, *(odd_object(draw)[1] for _ in range(draw.randrange(3)))]
        metadata = {"resourceVersion": str(1000 + number)}
        content = {"kind": f"{content.get('kind')}List", "metadata": metadata, "items": items}
    elif isinstance(content.get("metadata"), dict) and draw.randrange(4):
        content["metadata"]["resourceVersion"] = str(1000 + number)
    line = {"t": 1_795_000_000.0 + number, "resource": resource, "type": kind, "object": content}
    return written(spoiled(draw, line) if draw.randrange(8) == 0 else line)


def odd_recording(draw: Draw, most: int = 8) -> list[bytes]:
    """A few such lines."""
    return [odd_line(draw, number) for number in range(1, 2 + draw.randrange(most))]


_AUDITED: dict[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "a-1",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods/web1?fieldManager=kubectl-edit&dryRun=",
    "verb": "update",
    "user": {"username": "jane", "groups": ["system:authenticated"]},
    "impersonatedUser": {"username": "joe"},
    "userAgent": "kubectl/v1.36.0",
    "objectRef": {
        "resource": "pods",
        "namespace": "shop",
        "name": "web1",
        "uid": "6f1f3b54-0000-4000-8000-000000000001",
        "apiVersion": "v1",
        "apiGroup": "",
        "resourceVersion": "1001",
        "subresource": "status",
    },
    "responseStatus": {
        "code": 409,
        "reason": "Conflict",
        "message": "no",
        "details": {"name": "a"},
    },
    "requestReceivedTimestamp": "2026-11-18T11:06:40.100000Z",
    "stageTimestamp": "2026-11-18T11:06:40.200000Z",
}
_SAID: dict[str, Any] = {
    "type": "sub",
    "epoch": "e-1",
    "since": 12,
    "view": "traces/abc/waterfall",
    "filter": {"namespace": "shop", "kind": "Pod", "state": "running", "text": "web"},
}


def odd_audit_line(draw: Draw, number: int = 1) -> bytes:
    """A line of an audit log that is not as an API server writes one."""
    return written(spoiled(draw, copy.deepcopy(_AUDITED) | {"auditID": f"a-{number}"}))


def odd_message(draw: Draw) -> str:
    """What a page of ours would not send."""
    said = copy.deepcopy(_SAID) | {"type": ("hello", "sub", "ack", "")[draw.randrange(4)]}
    view = ("now", "coverage", "", "learn/steps/x", "traces/", text(draw))[draw.randrange(6)]
    return written(spoiled(draw, said | {"view": view, "seq": 1})).decode()


def odd_event(draw: Draw) -> bytes:
    """A line of a watch of Events, hostile in its message and its times."""
    content = sample("v1", "Event")
    for name in ("message", "reason", "eventTime", "firstTimestamp", "reportingComponent"):
        if draw.randrange(2):
            content[name] = text(draw)
    content["message"] = " ".join(text(draw) for _ in range(1 + draw.randrange(6)))
    content["metadata"]["name"] = f"web.{text(draw)}"
    return written({"type": "ADDED", "object": content})
