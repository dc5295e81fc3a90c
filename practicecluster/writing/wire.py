"""Reads built-in objects that clients send in protobuf, as kubectl does where it creates them.

Forms of fields: `s`tring, `i`nteger, `b`oolean, `d`ouble, b`y`tes, `T`ime, `M`icroTime,
`I`ntOrString, `Q`uantity, `R`aw JSON, or another message.
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

import base64
import functools
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from practicecluster.protobuf import ProtobufError, as_bytes, as_number, envelope, fields, number_at
from practicecluster.stored import JsonObject
from practicecluster.writing.times import micro, stamp

_SIGN = 1 << 63
_DEEPEST = 64
_GROUPS = {
    "": "core",
    "rbac.authorization.k8s.io": "rbac",
    "networking.k8s.io": "networking",
    "storage.k8s.io": "storage",
    "scheduling.k8s.io": "scheduling",
    "coordination.k8s.io": "coordination",
    "discovery.k8s.io": "discovery",
    "events.k8s.io": "events",
    "node.k8s.io": "node",
}
_INLINE = frozenset(
    [
        "ephemeralContainerCommon",
        "handler",
        "ingressRuleValue",
        "localObjectReference",
        "persistentVolumeSource",
        "volumeSource",
    ]
)
"""Messages whose fields JSON has in the object above."""


_NO_ZEROS = frozenset(
    [
        "minReadySeconds",
        "stdin",
        "stdinOnce",
        "tty",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "readOnly",
        "paused",
        "hostPort",
        "unschedulable",
        "publishNotReadyAddresses",
        "nodePort",
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
        "generation",
        "count",
        "globalDefault",
        "value",
    ]
)
"""Numbers and truths that the server's own types hold without a pointer: 0 is as good as none."""


@functools.cache
def _messages() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("wire.json").read_text())
    return found


def read(body: bytes) -> JsonObject:
    """Return the object in a body as its JSON would be; raises ProtobufError."""
    around = envelope(body)
    head = dict(fields(as_bytes(around.get(1, b""))))
    version, kind = (as_bytes(head.get(number, b"")).decode() for number in (1, 2))
    name = message_of(version, kind)
    if name not in _messages():
        raise ProtobufError(f"{kind} of {version} is not read from protobuf; send it as JSON")
    thing = _message(name, as_bytes(around.get(2, b"")), 0)
    return {"apiVersion": version, "kind": kind, **thing}


def message_of(version: str, kind: str) -> str:
    """Return the name of a kind's message, such as `apps.v1.Deployment`."""
    group, _, number = version.rpartition("/")
    if kind == "DeleteOptions":
        return "meta.v1.DeleteOptions"
    return f"{_GROUPS.get(group, group)}.{number}.{kind}"


def _message(name: str, data: bytes, depth: int) -> JsonObject:
    if depth > _DEEPEST:
        raise ProtobufError("it is nested too deeply")
    known = _messages()[name]
    found: JsonObject = {}
    for number, value in fields(data):
        told = known.get(str(number))
        if told is None:
            continue
        field, form = told.split(" ")
        if form.startswith("{"):
            key, each = _entry(form[1:], as_bytes(value), depth)
            found.setdefault(field, {})[key] = each
        elif form.startswith("["):
            for each in _repeated(form[1:], value, depth):
                found.setdefault(field, []).append(each)
        elif field in _INLINE:
            found |= _message(form, as_bytes(value), depth + 1)
        else:
            found[field] = _value(form, value, depth)
    return {field: each for field, each in found.items() if not _left_out(field, each)}


def _left_out(field: str, value: Any) -> bool:
    """Return whether JSON would leave a value out: protobuf has zeros where JSON has nothing."""
    return value is None or value in ("", {}) or (not value and field in _NO_ZEROS)


def _repeated(form: str, value: Any, depth: int) -> Iterator[Any]:
    if form in {"i", "b"} and isinstance(value, bytes):  # Packed.
        position = 0
        while position < len(value):
            number, position = number_at(value, position)
            yield _value(form, number, depth)
    else:
        yield _value(form, value, depth)


def _entry(form: str, data: bytes, depth: int) -> tuple[str, Any]:
    entry = dict(fields(data))
    key = as_bytes(entry.get(1, b"")).decode()
    empty: Any = 0 if form in {"i", "b"} else b""
    return key, _value(form, entry.get(2, empty), depth)


def _value(form: str, value: Any, depth: int) -> Any:
    if form == "i":
        return _signed(value)
    if form == "b":
        return bool(as_number(value))
    if form == "d":
        return struct.unpack("<d", as_number(value).to_bytes(8, "little"))[0]
    data = as_bytes(value)
    if form == "s":
        return data.decode()
    if form == "y":
        return base64.b64encode(data).decode()
    if len(form) > 1:
        return _message(form, data, depth + 1)
    return _special(form, dict(fields(data)))


def _signed(value: int | bytes) -> int:
    number = as_number(value)
    return number - (1 << 64) if number & _SIGN else number


def _special(form: str, found: dict[int, int | bytes]) -> Any:
    """Return a value of a type that JSON writes in its own way."""
    if form in {"T", "M"}:
        return _time(form, _signed(found.get(1, 0)), _signed(found.get(2, 0))) if found else None
    if form == "I":
        if as_number(found.get(1, 0)):
            return as_bytes(found.get(3, b"")).decode()
        return _signed(found.get(2, 0))
    if form == "Q":
        return as_bytes(found.get(1, b"")).decode() or "0"
    raw = as_bytes(found.get(1, b""))
    return msgspec.json.decode(raw) if raw else None


def _time(form: str, seconds: int, nanos: int) -> str | None:
    if seconds < 0:
        return None  # Go's zero time.
    try:
        return stamp(seconds) if form == "T" else micro(seconds + nanos / 1e9)
    except (OSError, OverflowError, ValueError) as error:
        raise ProtobufError(f"{seconds} s is no time") from error
