"""Gives a recording names of its own, so that it can be played beside what is there already.

Namespaces and nodes are renamed wherever an object says them; all other names stay, as what they
are in is renamed.
"""

import re
from collections.abc import Iterable
from typing import Any

from practicecluster.stored import JsonObject

_NODE = re.compile(r"(?<![\w.-])(node-\d+)(?![\w-])")
_LABEL = "kubernetes.io/metadata.name"


class Renaming:
    """Names for one playing: `space` is the first namespace, and begins all other names."""

    def __init__(self, space: str, namespaces: Iterable[str]) -> None:
        first, *others = namespaces
        self.spaces = {first: space} | {other: f"{space}-{other}" for other in others}
        self._node = rf"{space}-\1"
        named = "|".join(map(re.escape, self.spaces))
        # As in "Successfully assigned shop/api-1 to …", and in the name of a sandbox.
        self._within = re.compile(rf"(?<![\w./-])({named})(?=/[\w-])|(?<=_)({named})(?=_)")

    def renamed(self, content: JsonObject) -> JsonObject:
        """Return a copy of an object with the new names."""
        copy: JsonObject = self._value(content)
        if content.get("kind") == "Namespace":
            metadata = copy["metadata"]
            metadata["name"] = self.spaces.get(metadata["name"], metadata["name"])
            if _LABEL in metadata.get("labels", {}):
                metadata["labels"][_LABEL] = metadata["name"]
        return copy

    def _value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._value(below, name) for name, below in value.items()}
        if isinstance(value, list):
            return [self._value(below) for below in value]
        if not isinstance(value, str):
            return value
        if key == "namespace":
            return self.spaces.get(value, value)
        text = self._within.sub(lambda found: self.spaces[found[1] or found[2]], value)
        return _NODE.sub(self._node, text)
