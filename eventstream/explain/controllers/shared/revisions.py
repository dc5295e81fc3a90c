"""Revisions of workloads: which old ones are kept, and how far an update to a new one may go.

A Deployment keeps them as ReplicaSets, a StatefulSet and a DaemonSet as ControllerRevisions. What a
strategy allows and who is available say whether it is an old Pod's turn: so whether its controller
can have deleted it, or only a client. Source: pkg/api/v1/pod/util.go, IsPodAvailable.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from eventstream.explain.deletions.deciding import Housekeeper, either
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.registry import maker_of, title
from eventstream.explain.world.pods import condition, has_ended, is_ready
from eventstream.explain.world.text import asked_to_go, count, parse, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.numbers import whole
from eventstream.objects.pods import Container, PodSpec, Resources
from eventstream.objects.workloads import PodTemplate

HASH = "controller-revision-hash"
"""The label by which a Pod, or a ControllerRevision, says which revision it is of."""


def newest_revision(view: View, parent: Write) -> Image | None:
    """The ControllerRevision that the owner is being brought to."""
    found = [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order))
        and latest.image.kind == "ControllerRevision"
        and not latest.gone
    ]
    return max(found, key=lambda image: getattr(image.spec, "revision", 0), default=None)


def old_revision(view: View, parent: Write) -> Housekeeper | None:
    """Revisions that nothing runs any more are kept up to a limit; the oldest beyond it go.

    Source: pkg/controller/statefulset/stateful_set_control.go, truncateHistory;
    pkg/controller/daemon/update.go, cleanupHistory (which also deletes duplicates).
    """
    kind, name = parent.image.kind, parent.image.metadata.name
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    present = sorted(present_children(view, parent, "ControllerRevision"), key=_number)
    used = _used(view, parent)
    history = [
        image
        for image in present
        if image.metadata.name not in used
        and (image.metadata.labels or {}).get(HASH, image.metadata.name) not in used
    ]
    counted = len(history)
    if kind == "DaemonSet" and present:
        counted = len(present) - 1  # Of all but the newest it keeps so many, used or not.
        history = [image for image in history if image is not present[-1]]
    surplus = counted - limit if isinstance(limit, int) else 0
    maker = maker_of(view.write.image, parent.image)
    actor = maker.actor if maker is not None else "unknown"
    if view.write.image.uid in {image.uid for image in history[: max(surplus, 0)]}:
        why = (
            f"It keeps {count(limit or 0, 'old revision')} of {kind} {name} "
            f"(revisionHistoryLimit), and there were {counted}."
        )
        return Housekeeper(actor, why, sources.HISTORY, parent)
    if isinstance(limit, int) and kind == "StatefulSet":
        return None
    return either(
        f"the {title(actor)}, which keeps a limited number of revisions of {name}.",
        sources.HISTORY,
    )


def _used(view: View, parent: Write) -> set[str]:
    """Names or hashes of the revisions that the owner is at, or that a Pod of it is of."""
    status = parent.image.status
    used = {getattr(status, "current_revision", ""), getattr(status, "update_revision", "")}
    for pod in present_children(view, parent, "Pod"):
        used.add((pod.metadata.labels or {}).get(HASH, ""))
    return used - {""}


def _number(image: Image) -> int:
    return int(getattr(image.spec, "revision", 0))


def old_replicaset(view: View, parent: Write) -> Housekeeper | None:
    """A Deployment keeps revisionHistoryLimit old ReplicaSets; the oldest empty ones go.

    It does so once a rollout is complete, or paused.
    Source: pkg/controller/deployment/sync.go, cleanupDeployment.
    """
    image = view.write.image
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    if limit is None or not _empty(image) or not _at_rest(parent.image):
        return None
    present = present_children(view, parent, "ReplicaSet")
    newest = max((_revision_of(found) for found in present), default=0)
    old = sorted(r for found in present if (r := _revision_of(found)) < newest)
    surplus = len(old) - limit
    if surplus <= 0 or _revision_of(image) not in old[:surplus]:
        return None
    name = parent.image.metadata.name
    why = (
        f"It keeps {count(limit, 'old ReplicaSet')} of Deployment {name} (revisionHistoryLimit), "
        f"and there were {len(old)}."
    )
    return Housekeeper("deployment-controller", why, sources.DEPLOYMENT_SYNC, parent)


def _at_rest(image: Image) -> bool:
    """Whether a Deployment is complete, as deployment_util.go has it, or paused."""
    spec, status = image.spec, image.status
    desired = getattr(spec, "replicas", None)
    counts = ("updated_replicas", "replicas", "available_replicas")
    whole = all(getattr(status, name, None) == desired for name in counts)
    seen = getattr(status, "observed_generation", 0) >= (image.metadata.generation or 0)
    return (whole and seen) or bool(getattr(spec, "paused", False))


def _empty(image: Image) -> bool:
    desired, existing = getattr(image.spec, "replicas", 1), getattr(image.status, "replicas", 1)
    return desired == 0 and existing == 0


def _revision_of(image: Image) -> int:
    text = (image.metadata.annotations or {}).get("deployment.kubernetes.io/revision", "")
    return whole(text) or 0


def present_children(view: View, parent: Write, kind: str) -> list[Image]:
    """The owner's children of one kind that existed just before this write."""
    return [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order)) and latest.image.kind == kind and not latest.gone
    ]


RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""The annotation by which `kubectl rollout restart` has each Pod made anew."""

RESTART = "restarted"
"""What is told of that."""

NOT_KEPT = "something that is not kept changed, such as env or a command"
"""What is told of a spec with a Pod template that changed in nothing that is kept."""

_HASHES = frozenset({"pod-template-hash", HASH})
"""Labels that controllers add, which differ with each template."""

_NAME = "deployment"
"""The label with a ReplicationController's name that OpenShift gives a DeploymentConfig's Pods."""

_NUMBERS = ("openshift.io/deployment-config.", "openshift.io/deployment.")
"""What the annotations begin with by which OpenShift numbers a DeploymentConfig's Pods."""

_OF_CONTAINERS = (
    ("image_pull_policy", "imagePullPolicy"),
    ("restart_policy", "restartPolicy"),
    ("startup_probe", "startupProbe"),
    ("liveness_probe", "livenessProbe"),
    ("readiness_probe", "readinessProbe"),
)
_TOLD_OTHERWISE = frozenset({"digest", "init_containers", "containers", "volumes"})
_TOLD_BY_FIELD = tuple(
    (field.name, field.encode_name)
    for field in msgspec.structs.fields(PodSpec)
    if field.name not in _TOLD_OTHERWISE
)


def between(old: PodTemplate, new: PodTemplate) -> list[str]:
    """What the new one has that the old has not: `image of c nginx 1.26 → 1.27`, `restarted`.

    Empty where nothing that is kept differs: env, commands and the like are not kept.
    """
    return [
        *images(old, new),
        *_restarted(old, new),
        *_containers(old.spec, new.spec),
        *_fields(old.spec, new.spec),
        *_texts(old, new),
    ]


def plain(template: Any) -> Any:
    """A template as far as it is kept, without the labels that controllers add."""
    if template is None:
        return None
    return _labels(template), template.metadata.annotations or {}, template.spec


def images(old: Any, new: Any) -> list[str]:
    """`image of c nginx 1.26 → 1.27` for each container that has another one."""
    known = {each.name: each.image for each in _all(old.spec)}
    return [
        f"image of {each.name} {_images(known[each.name], each.image)}"
        for each in _all(new.spec)
        if each.name in known and known[each.name] != each.image
    ]


def _all(spec: PodSpec) -> tuple[Container, ...]:
    return (*spec.init_containers, *spec.containers)


def _images(old: str, new: str) -> str:
    """The two images, the second by its tag alone where the rest is equal."""
    (repository, before), (other, now) = _tagged(old), _tagged(new)
    if repository == other and before and now:
        return f"{repository} {before} → {now}"
    return f"{old} → {new}"


def _tagged(image: str) -> tuple[str, str]:
    if "@" in image:
        return image, ""
    repository, colon, tag = image.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (image, "")


def _restarted(old: PodTemplate, new: PodTemplate) -> list[str]:
    asked = (new.metadata.annotations or {}).get(RESTARTED)
    return [RESTART] if asked and asked != (old.metadata.annotations or {}).get(RESTARTED) else []


def _containers(old: PodSpec, new: PodSpec) -> Iterator[str]:
    """Containers that came or went, and what is otherwise of one that stayed."""
    was, now = ({each.name: each for each in _all(spec)} for spec in (old, new))
    for name in now:
        if name not in was:
            yield f"container {name} added ({now[name].image})"
            continue
        yield from _resources(name, was[name].resources, now[name].resources)
        for field, words in _OF_CONTAINERS:
            if getattr(was[name], field) != getattr(now[name], field):
                yield f"{words} of {name} changed"
    for name in was:
        if name not in now:
            yield f"container {name} removed"


def _resources(name: str, old: Resources | None, new: Resources | None) -> Iterator[str]:
    """`memory limit of c 64Mi → 128Mi` for each amount that is another."""
    for field, words in (("requests", "request"), ("limits", "limit")):
        was, now = (getattr(each, field, None) or {} for each in (old, new))
        for key in sorted(was.keys() | now.keys()):
            before, after = (str(each.get(key, "unset")) for each in (was, now))
            if before != after:
                yield f"{key} {words} of {name} {before} → {after}"


def _fields(old: PodSpec, new: PodSpec) -> Iterator[str]:
    """Fields of the Pod itself, by their names."""
    for name, wire_name in _TOLD_BY_FIELD:
        if getattr(old, name) != getattr(new, name):
            yield f"{wire_name} changed"
    if old.volumes != new.volumes:
        yield "claims among its volumes changed"


def _texts(old: PodTemplate, new: PodTemplate) -> Iterator[str]:
    """Labels and annotations of the Pods, by their keys: of annotations no value is kept."""
    if _labels(old) != _labels(new):
        yield "labels of its Pods changed"
    was, now = (template.metadata.annotations or {} for template in (old, new))
    for key in sorted(was.keys() | now.keys()):
        if key == RESTARTED or key.startswith(_NUMBERS):
            continue
        if was.get(key) != now.get(key):
            yield f"annotation {key} of its Pods changed (value hidden)"


def _labels(template: Any) -> dict[str, str]:
    labels = template.metadata.labels or {}
    numbered = any(key.startswith(_NUMBERS) for key in template.metadata.annotations or ())
    left_out = _HASHES | {_NAME} if numbered else _HASHES
    return {key: value for key, value in labels.items() if key not in left_out}


LAG = 1.0
"""Seconds for which a controller may not have heard yet of what keeps it from a Pod's turn."""

_WHOLE_SECOND = 1.0
"""The precision of a condition's time."""


def share(value: int | str | None, total: int, *, up: bool) -> int | None:
    """A number of Pods, or a percentage of `total` rounded up or down; None where it is neither."""
    if isinstance(value, int):
        return value
    percent = whole((value or "").removesuffix("%"))
    if percent is None:
        return None
    return -(-percent * total // 100) if up else percent * total // 100


def is_available(pod: Image, seconds: int, now: float) -> bool:
    """Whether a Pod is there to stay: ready for minReadySeconds, not over, and not to go."""
    if pod.metadata.deletion_timestamp is not None or has_ended(pod) or not is_ready(pod):
        return False
    since = _told_ready(pod)
    return not seconds or since is None or since + seconds <= now + _WHOLE_SECOND


def going_at(pod: Write) -> float:
    """When its deletion was asked for, by the clock of who tells since when Pods are ready.

    Of one that nobody marked first, when its end arrived.
    """
    asked = asked_to_go(pod.image)
    return pod.change.at if asked is None else asked


def ready_since(pods: Iterable[Write], at: float) -> int:
    """How many Pods became ready after that, by Baton's clock."""
    return sum(is_ready(pod.image) and when(pod) > at and _became_ready(pod) > at for pod in pods)


def _became_ready(pod: Write) -> float:
    """When that it is ready arrived; of what a list showed at once, when it says that it was."""
    log, first = pod.log, pod
    for index in range(log.position(pod.order) - 1, -1, -1):
        if not is_ready(log.writes[index].image):
            break
        first = log.writes[index]
    listed = first.change.relisted or (first.base and first.decision.draft is None)
    told = _told_ready(first.image) if listed else None
    return told if told is not None else when(first)


def _told_ready(pod: Image) -> float | None:
    ready = condition(pod, "Ready")
    return parse(ready.last_transition_time) if ready is not None else None


def siblings(view: View, owner: str, floor: int = -1) -> Iterator[Write]:
    """The latest writes of the owner's other Pods, if above `floor`."""
    for child in view.children(owner):
        latest = child.at(view.order) if child is not view.write.log else None
        if latest is not None and latest.image.kind == "Pod" and latest.order > floor:
            yield latest
