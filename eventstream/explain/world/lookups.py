"""Which objects are found by name instead of uid, since others refer to them by it."""

from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.writes import ObjectLog
from eventstream.objects.kinds import is_built_in

CUSTOM = "*"
"""Stands for the kind of any custom resource: what is made for one is often called after it."""
AUTOSCALER = kinds.AUTOSCALER.kind


def looked_up(ref: ObjectRef) -> bool:
    """Whether an object may be looked up by its name."""
    named = group_kind(ref.api_version, ref.kind) in kinds.REFERRED_TO_BY_NAME
    return named or not is_built_in(ref.api_version)


def name_key(kind: str, namespace: str | None, name: str) -> str:
    """What an object is known by that is referred to by name."""
    return f"{kind}/{namespace or ''}/{name}"


def key_of(log: ObjectLog) -> str:
    """What an object is looked up by: its name; for an autoscaler, that of what it scales."""
    ref, latest = log.ref, log.latest
    if ref.kind == AUTOSCALER and latest is not None:
        target = getattr(latest.image.spec, "scale_target_ref", None)
        name = f"{target.kind} {target.name}" if target is not None else ""
        return name_key(AUTOSCALER, ref.namespace, name)
    kind = ref.kind if is_built_in(ref.api_version) else CUSTOM
    return name_key(kind, ref.namespace, ref.name)
