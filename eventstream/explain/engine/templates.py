"""What differs between two Pod templates, in words, as far as they are kept."""

from collections.abc import Iterator
from typing import Any

import msgspec

from eventstream.explain.controllers.shared.revisions import HASH
from eventstream.objects.pods import Container, PodSpec, Resources
from eventstream.objects.workloads import PodTemplate

RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""The annotation by which `kubectl rollout restart` has each Pod made anew."""

RESTART = "restarted"
"""What is told of that."""

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
_NOT_TOLD_BY_FIELD = frozenset({"digest", "init_containers", "containers", "volumes"})


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
    for field in msgspec.structs.fields(PodSpec):
        if field.name in _NOT_TOLD_BY_FIELD:
            continue
        if getattr(old, field.name) != getattr(new, field.name):
            yield f"{field.encode_name} changed"
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
