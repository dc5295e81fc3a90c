"""Which kinds were seen, and who lives in a namespace: for what labels find, and not owners."""

from collections.abc import Iterable

from eventstream.explain.world.writes import ObjectLog
from eventstream.objects.kinds import is_built_in

_SELECTED = frozenset({"Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
"""Kinds that a Service's selector is held against: Pods, and what makes them."""


class Places:
    """It `knows` a kind once one of it was seen: then one that is not known does not exist."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._spaces: dict[str, dict[str, ObjectLog]] = {}

    def add(self, log: ObjectLog) -> None:
        """Take in an object that is seen for the first time."""
        ref = log.ref
        if is_built_in(ref.api_version):
            self._kinds.add(ref.kind)
        if ref.kind in _SELECTED and ref.namespace:
            self._spaces.setdefault(ref.namespace, {})[log.uid] = log

    def drop(self, log: ObjectLog) -> None:
        """Let go of an object that is forgotten."""
        namespace = log.ref.namespace or ""
        space = self._spaces.get(namespace)
        if space is not None:
            space.pop(log.uid, None)
            if not space:
                del self._spaces[namespace]

    def knows(self, kind: str) -> bool:
        """Whether any object of this kind of Kubernetes' own was seen."""
        return kind in self._kinds

    def inhabitants(self, namespace: str | None) -> Iterable[ObjectLog]:
        """The Pods of a namespace, and what makes Pods there."""
        return self._spaces.get(namespace or "", {}).values()
