"""Revisions that a workload had, from the objects in which its controller keeps them.

A Deployment keeps them as ReplicaSets, whose number moves when one is rolled back to: the numbers
that it had stand in an annotation. A StatefulSet or DaemonSet keeps ControllerRevisions, whose
number moves likewise and leaves no trace but the time of the managedFields entry that has it. A
DeploymentConfig keeps ReplicationControllers, one for each attempt: some of them failed.
Source: pkg/controller/deployment/util/deployment_util.go, SetNewReplicaSetAnnotations;
pkg/controller/history/controller_history.go, UpdateControllerRevision.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from eventstream.explain.controllers.shared.revisions import NOT_KEPT, RESTART, between
from eventstream.explain.world.text import listing, parse
from eventstream.objects.cluster_kinds import RevisionFacts
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import covers
from eventstream.objects.numbers import whole
from eventstream.objects.workloads import (
    PodTemplate,
    ReplicaSetSpec,
    ReplicationControllerSpec,
)

KEPT_IN = {
    "Deployment": "ReplicaSet",
    "StatefulSet": "ControllerRevision",
    "DaemonSet": "ControllerRevision",
    "DeploymentConfig": "ReplicationController",
}
"""In which kind of object the revisions of a workload are kept."""

_GROUPS = ("apps/", "apps.openshift.io/")
_CORE = "ReplicationController"


def has_revisions(image: Image) -> bool:
    """Whether an object is a workload whose revisions are kept."""
    return image.kind in KEPT_IN and image.api_version.startswith(_GROUPS)


def keeps_one(image: Image) -> bool:
    """Whether an object keeps a revision of a workload."""
    if image.kind == _CORE:
        return image.api_version == "v1"
    return image.kind in KEPT_IN.values() and image.api_version.startswith("apps/")


_VERSION = "openshift.io/deployment-config.latest-version"
_PHASE = "openshift.io/deployment.phase"
_NUMBER = "deployment.kubernetes.io/revision"
_EARLIER = "deployment.kubernetes.io/revision-history"
_SHOWN = 3


class Revision(msgspec.Struct, frozen=True, gc=False):
    """One revision, read from `image`: in effect from a time between `since` and `until`.

    These are unix seconds, equal where the time is known, None where nothing is known of it.
    `moved` says that its object had another number before, `None` that nobody can say; `again` is
    that number, 0 where it is not known. One that `failed` never came into effect.
    """

    number: int
    image: Image
    template: PodTemplate | None
    since: float | None
    until: float | None
    moved: bool | None
    again: int = 0
    failed: bool = False

    @property
    def exact(self) -> bool:
        """Whether it is known when it came into effect, to the second."""
        return self.since is not None and self.since == self.until


def revisions(children: Iterable[Image]) -> list[Revision]:
    """The revisions that are kept in a workload's children, by number."""
    found = sorted(
        (each for child in children for each in _of(child)),
        key=lambda each: (each.number, each.since or 0.0, each.image.uid),
    )
    return list(_bounded(found))


def _of(image: Image) -> Iterator[Revision]:
    """Those that one object stands for; their times are not bounded by others yet."""
    created = parse(image.metadata.creation_timestamp)
    if isinstance(image.spec, RevisionFacts):
        written = _written(image, "revision")
        first = created is not None and written == created
        if image.spec.revision > 0:
            yield Revision(
                number=image.spec.revision,
                image=image,
                template=image.spec.template,
                since=created,
                until=created if first else written,
                moved=False if first else None,
            )
        return
    annotations = image.metadata.annotations or {}
    if isinstance(image.spec, ReplicationControllerSpec):
        attempt = whole(annotations.get(_VERSION, ""))
        if attempt:
            failed = annotations.get(_PHASE) == "Failed"
            template = image.spec.template
            yield Revision(attempt, image, template, created, created, False, failed=failed)
        return
    number = whole(annotations.get(_NUMBER, ""))
    if not number or not isinstance(image.spec, ReplicaSetSpec):
        return
    earlier = _earlier(annotations.get(_EARLIER, ""))
    template = image.spec.template
    for place, each in enumerate([*earlier, number]):
        moved = place > 0 or (each == number and _EARLIER in annotations)
        last = _written(image, f"metadata.annotations.{_NUMBER}") if each == number else None
        until = last if moved else created
        again = earlier[place - 1] if place else 0
        yield Revision(each, image, template, created, until, moved, again)


def _earlier(text: str) -> list[int]:
    """The numbers that a ReplicaSet had before; none where the text is none of numbers."""
    numbers = [whole(each) for each in text.split(",")]
    return [each for each in numbers if each] if all(numbers) else []


def _written(image: Image, path: str) -> float | None:
    """When the manager of a field last wrote, to that or another field of the object."""
    times = [
        parse(entry.time)
        for entry in image.metadata.managed_fields
        if not entry.subresource and covers(entry.fields, path) == len(path)
    ]
    return max((at for at in times if at is not None), default=None)


def _bounded(found: Sequence[Revision]) -> Iterator[Revision]:
    """The same, each that is not dated between those that are: numbers only rise."""
    lowest = -math.inf
    for place, each in enumerate(found):
        if each.exact:
            lowest = max(lowest, each.since or lowest)
            yield each
            continue
        later = [other.since for other in found[place + 1 :] if other.exact and other.since]
        until = min((at for at in (each.until, *later) if at is not None), default=None)
        since = max(each.since if each.since is not None else -math.inf, lowest)
        lowest = since
        sound = until is None or until >= since
        yield msgspec.structs.replace(
            each,
            since=since if math.isfinite(since) else None,
            until=until if sound else None,
        )


def is_restart(revision: Revision, before: Revision) -> bool:
    """Whether nothing that is kept changed but that its Pods are to be made anew."""
    if revision.template is None or before.template is None:
        return False
    return between(before.template, revision.template) == [RESTART]


def what(revision: Revision, before: Revision | None) -> str:
    """What changed with a revision from the one before it, in words."""
    if before is None:
        images = _images(revision.template)
        first = "the first one" if revision.number == 1 else "the earliest that is kept"
        return f"{first}, with {images}" if images else first
    if revision.template is None or before.template is None:
        return "what it changed is not known"
    changed = listing(between(before.template, revision.template), _SHOWN)
    changed = changed or NOT_KEPT
    if revision.moved:
        of = f"of revision {revision.again}" if revision.again else "of an earlier revision"
        return f"back to the Pod template {of}: {changed}"
    missing = before.number < revision.number - 1
    return f"{changed} since revision {before.number}" if missing else changed


def _images(template: PodTemplate | None) -> str:
    spec = template.spec if template is not None else None
    return listing([each.image for each in spec.containers if each.image], _SHOWN) if spec else ""
