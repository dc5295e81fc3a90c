"""The three patches of the Kubernetes API, as functions from an object to the patched object.

https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/strategicpatch/patch.go
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jsonpatch
import jsonpointer

from practicecluster.copying import copied
from practicecluster.writing.schemas import ANY, Schema

_DIRECTIVE = "$patch"
_ORDER = "$setElementOrder/"
_DELETED = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
OPERATIONS_MOST = 10_000
"""As many operations a JSON patch may have.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/patch.go
"""


class PatchError(Exception):
    """Why a patch can't be applied; `code` is that of the answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def json_merge(before: Any, patch: Any) -> Any:
    """Return `before` with a JSON merge patch (RFC 7386): null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return copied(patch)
    after = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = json_merge(after.get(name), value)
    return after


def json_patch(before: Any, operations: Any) -> Any:
    """Return `before` after a JSON patch (RFC 6902); raises PatchError."""
    if not isinstance(operations, list):
        raise PatchError(400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(operations) > OPERATIONS_MOST:
        most = f"The allowed maximum operations in a JSON patch is {OPERATIONS_MOST}"
        raise PatchError(413, f"{most}, got {len(operations)}")
    try:
        return jsonpatch.apply_patch(before, operations, in_place=False)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise PatchError(
            422, "the server rejected our request due to an error in our request"
        ) from error
    except (AttributeError, KeyError, TypeError) as error:
        raise PatchError(400, f"error decoding patch: {error}") from error


def strategic_merge(schema: Schema, before: Any, patch: Any) -> Any:
    """Return `before` with a strategic merge patch, whose lists are merged by their keys.

    Raises PatchError for a directive that is none, and items without their list's key.
    """
    if not isinstance(patch, dict):
        raise PatchError(400, "error decoding patch: a strategic merge patch is an object")
    return _object(schema, before if isinstance(before, dict) else {}, patch)


def _object(schema: Schema, before: Mapping[str, Any], patch: Mapping[str, Any]) -> Any:
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return _plain({name: value for name, value in patch.items() if name != _DIRECTIVE})
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise PatchError(422, f"Unknown patch type found: {directive}")
    after = dict(before)
    kept = patch.get(_RETAIN)
    if isinstance(kept, list):
        after = {name: value for name, value in after.items() if name in kept}
    for name, value in patch.items():
        if name in {_DIRECTIVE, _RETAIN} or name.startswith((_ORDER, _DELETED)):
            continue
        below = _below(schema, name)
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict):
            was = after.get(name)
            after[name] = _object(below, was if isinstance(was, dict) else {}, value)
        elif isinstance(value, list) and below.merges:
            was = after.get(name)
            after[name] = _list(below, was if isinstance(was, list) else [], value)
        else:
            after[name] = copied(value)
    _arrange(schema, patch, after)
    return after


def _below(schema: Schema, name: str) -> Schema:
    if schema.form == "struct":
        return schema.fields.get(name, ANY)
    return schema.item or ANY


def _arrange(schema: Schema, patch: Mapping[str, Any], after: dict[str, Any]) -> None:
    """Follow what a patch says of whole lists: values to take out, and the items' order."""
    for name, told in patch.items():
        if name.startswith(_DELETED):
            field = name.removeprefix(_DELETED)
            after[field] = [each for each in after.get(field, []) if each not in told]
        elif name.startswith(_ORDER):
            field = name.removeprefix(_ORDER)
            key = _below(schema, field).merge_key
            if isinstance(after.get(field), list):
                after[field] = _ordered(after[field], told, key)


def _list(schema: Schema, before: Sequence[Any], patch: Sequence[Any]) -> list[Any]:
    key = schema.merge_key
    if not key:
        return [*before, *(each for each in patch if each not in before)]
    if any(isinstance(each, dict) and each.get(_DIRECTIVE) == "replace" for each in patch):
        return [_plain(each) for each in patch if _DIRECTIVE not in each]
    after = list(before)
    for each in patch:
        if not isinstance(each, dict) or key not in each:
            raise PatchError(422, f"map: {each} does not contain declared merge key: {key}")
        found = [
            i
            for i, item in enumerate(after)
            if isinstance(item, dict) and item.get(key) == each[key]
        ]
        if each.get(_DIRECTIVE) == "delete":
            after = [item for i, item in enumerate(after) if i not in found]
        elif found:
            after[found[0]] = _object(schema.item or ANY, after[found[0]], each)
        else:
            after.append(_object(schema.item or ANY, {}, each))
    return after


def _ordered(items: list[Any], told: Sequence[Any], key: str) -> list[Any]:
    """Return the items in the order told; those that it does not name keep their neighbours."""

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    order = [each.get(key) if key and isinstance(each, dict) else each for each in told]
    named = sorted(
        (item for item in items if name(item) in order), key=lambda item: order.index(name(item))
    )
    found: list[Any] = []
    for item in items:
        if name(item) in order:
            if named:
                found.append(named.pop(0))
        else:
            found.append(item)
    return found


def _plain(value: Any) -> Any:
    """Return a value without the directives in it."""
    if isinstance(value, dict):
        return {
            name: _plain(each)
            for name, each in value.items()
            if each is not None and not name.startswith("$")
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def merged(schema: Schema, before: Any, over: Any) -> Any:
    """Return `before` with an apply's configuration over it: lists by their keys, atoms whole.

    Source: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/typed/merge.go
    """
    if schema.atomic or before is None:
        return copied(over)
    if isinstance(over, dict) and isinstance(before, dict):
        after = dict(before)
        for name, value in over.items():
            below = _below(schema, name)
            after[name] = merged(below, before.get(name), value)
        return after
    if isinstance(over, list) and isinstance(before, list):
        if schema.keys:
            return _merged_items(schema, before, over)
        if schema.each:
            return [*(each for each in before if each not in over), *over]
    return copied(over)


def _merged_items(schema: Schema, before: list[Any], over: list[Any]) -> list[Any]:
    def key(item: Any) -> tuple[Any, ...]:
        return tuple(schema.identity(item).items())

    new = {key(each): each for each in over}
    was = {key(each): each for each in before}
    kept = [
        merged(schema.item or ANY, each, new[key(each)]) if key(each) in new else each
        for each in before
    ]
    return [*kept, *(copied(each) for each in over if key(each) not in was)]
