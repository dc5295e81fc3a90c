"""Reads managedFields: normalizes fieldsV1 for keeping, and tells which paths it covers.

Source: https://github.com/kubernetes-sigs/structured-merge-diff (fieldpath), and
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec

_KEY_VALUES = re.compile(rb'"(?:k:\{[^}]*\}|v:(?:[^"\\]|\\.)*)"')
_TYPE_KEY = re.compile(rb'k:\{\\"type\\":\\"[A-Za-z0-9./_-]+\\"\}')
_KEY_NAMES = re.compile(rb'\\"(\w+)\\":')


def _normal_key(match: re.Match[bytes]) -> bytes:
    text = match[0]
    if text.startswith(b'"v:'):
        return b'"v:"'
    if b"\\" not in text or _TYPE_KEY.search(text):
        return text  # Normalized before (a recording), or a condition's type.
    names = b",".join(_KEY_NAMES.findall(text))
    return b'"k:{' + names + b'}"'


@lru_cache(maxsize=4096)
def _interned(normal: bytes) -> msgspec.Raw:
    return msgspec.Raw(normal)


@lru_cache(maxsize=8192)
def normalize(fields: bytes) -> msgspec.Raw:
    """The fieldsV1 JSON without the values in its keys (all but condition types), shared.

    Objects with the same fields get the very same Raw, whatever their uids and addresses.
    """
    if b'"k:' in fields or b'"v:' in fields:
        fields = _KEY_VALUES.sub(_normal_key, fields)
    return _interned(fields)


@lru_cache(maxsize=2048)
def paths(fields: bytes) -> frozenset[str]:
    """The leaf paths that normalized fieldsV1 names, as `spec.replicas`.

    List elements keyed by type read `status.conditions[Ready]`; those keyed otherwise `[]`.
    Returns the empty set for text that is not a fieldsV1 object.
    """
    try:
        tree = msgspec.json.decode(fields) if fields else {}
    except msgspec.DecodeError:
        return frozenset()
    found: set[str] = set()
    if isinstance(tree, dict):
        _walk(tree, "", found)
    return frozenset(found)


def _walk(tree: dict[str, Any], prefix: str, found: set[str]) -> None:
    for key, below in tree.items():
        if key == ".":
            continue
        kind, _, name = key.partition(":")
        if kind == "f":
            path = f"{prefix}.{name}" if prefix else name
        elif kind == "k":
            path = f"{prefix}[{_element(name)}]"
        else:
            path = f"{prefix}[]"
        if isinstance(below, dict) and below:
            _walk(below, path, found)
        else:
            found.add(path)


def _element(key: str) -> str:
    try:
        values = msgspec.json.decode(key)
    except msgspec.DecodeError:
        return ""
    return str(values.get("type", "")) if isinstance(values, dict) else ""


def covers(fields: bytes, path: str) -> int:
    """How much of `path` fieldsV1 names: the length of the leaf at or above it, 0 if none.

    A leaf above is an atomic list or map, or an empty claim on the whole; a longer one knows
    the field better.
    """
    leaves = paths(fields)
    while path:
        if path in leaves:
            return len(path)
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return 0
