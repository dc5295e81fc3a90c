"""Nulls in an object: an absent field, as the API's conventions have it.

Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/
api-conventions.md#optional-vs-required
"""

from typing import Any


def without_nulls(value: Any) -> Any:
    """The same JSON value without the fields and entries that are null."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value
