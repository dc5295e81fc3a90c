"""What a write asked anew of an object: in words for a trace's cause, and which part of its spec.

A later change replaces an earlier one only in what it asks itself: a template replaces a template,
a scale a scale. Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
#rollover-aka-multiple-updates-in-flight
"""

from typing import Any

from eventstream.explain.controllers.shared import revisions
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.text import listing
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

_TEMPLATE, _ALL = "template", "*"
_REVISION = "deployment.kubernetes.io/revision"
_SWITCHES = {
    "paused": ("paused", "resumed"),
    "suspend": ("suspended", "resumed"),
    "unschedulable": ("cordoned", "uncordoned"),
}
_SHOWN = 3


def replaces(later: Write, began: Write | None) -> bool:
    """Whether what a trace that began with a write asked is all asked anew by a later one.

    A trace without a beginning is about what its object asks in the whole.
    """
    earlier, now = parts(began, later.image), parts(later, later.image)
    if _ALL in earlier or _ALL in now:
        return True
    if _TEMPLATE in earlier:
        return _TEMPLATE in now
    return earlier <= now


def brings_pods(began: Write | None, image: Image) -> bool:
    """Whether what a trace began with decided what the Pods of its object are made from."""
    asked = parts(began, image)
    if _template(image) is None:  # Of other kinds nobody says what they make Pods from.
        return bool(asked - {"replicas", *_SWITCHES})
    return not asked.isdisjoint({_TEMPLATE, _ALL})


def parts(write: Write | None, image: Image) -> frozenset[str]:
    """The parts of an object's spec that a write asked anew; `*` where that cannot be told apart.

    What creates an object asks its Pod template above all, and so does what was there before.
    """
    if write is None or write.before is None or write.change.type == "ADDED":
        return frozenset({_TEMPLATE if _template(image) is not None else _ALL})
    paths = [change.path for change in write.changes if change.path.startswith("spec")]
    return frozenset(_part(path) for path in paths) or frozenset({_ALL})


def _part(path: str) -> str:
    _, _, rest = path.partition("spec.")
    return rest.partition(".")[0].partition("[")[0] or _ALL


def told(write: Write, world: World) -> str:
    """What a write changed of its object, as `image of c nginx 1.26 → 1.27`; empty if unsaid."""
    before, image = write.before, write.image
    if before is None or write.gone:
        return ""
    found = [*_of_template(write, world), *_of_spec(write)]
    if found:
        return listing(found, _SHOWN)
    fields = {change.path.partition("[")[0] for change in write.changes}
    kept = [name for name in ("labels", "annotations") if f"metadata.{name}" in fields]
    return f"{listing(kept)} changed" if kept and image.kind else ""


def _of_template(write: Write, world: World) -> list[str]:
    """What it changed of a Pod template: restarted, rolled back, other images, or something."""
    old, new = _template(write.before), _template(write.image)
    if old is None or new is None or old == new:
        return []
    images = revisions.images(old, new)
    revision = _earlier_revision(write, world)
    if revision:
        also = f" ({listing(images, _SHOWN)})" if images else ""
        return [f"rolled back to revision {revision}{also}"]
    changed = [c for c in write.changes if c.path.startswith("spec.template")]
    if changed and all(revisions.RESTARTED in c.path and c.after is not None for c in changed):
        return ["restarted"]
    return images or ["Pod template changed"]


def _template(image: Image | None) -> Any:
    return getattr(image.spec, "template", None) if image is not None else None


def _earlier_revision(write: Write, world: World) -> str:
    """The revision of the ReplicaSet that the new template is that of, if it was an older one."""
    if write.image.kind != "Deployment":
        return ""
    wanted = revisions.plain(_template(write.image))
    for child in write.log.family.children.values():
        found = child.at(write.order)
        if found is None or found.gone or owner_of(found.image) != write.log.uid:
            continue
        if found.image.kind == "ReplicaSet" and revisions.plain(_template(found.image)) == wanted:
            return (found.image.metadata.annotations or {}).get(_REVISION, "")
    return ""


def _of_spec(write: Write) -> list[str]:
    """What it changed beside a template: the scale, a switch, or which other fields."""
    before, image = write.before, write.image
    old, new = getattr(before, "spec", None), image.spec
    found: list[str] = []
    for part in sorted(parts(write, image) - {_TEMPLATE, _ALL}):
        if part == "replicas":
            found.append(f"scaled {_number(old, part)} → {_number(new, part)}")
        elif part in _SWITCHES:
            found.append(_SWITCHES[part][0 if _value(new, part) else 1])
        else:
            found.append(f"{part} changed")
    return found if any(c.path.startswith("spec.") for c in write.changes) else []


def _number(spec: Any, name: str) -> str:
    value = _value(spec, name)
    return "unset" if value is None else str(value)


def _value(spec: Any, name: str) -> Any:
    return spec.get(name) if isinstance(spec, dict) else getattr(spec, name, None)
