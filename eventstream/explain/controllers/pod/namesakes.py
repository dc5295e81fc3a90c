"""Says of a ConfigMap or Secret that is missing what a custom resource of its name says of itself.

What such resources make is often called as they are: an ExternalSecret's Secret, unless its target
has a name of its own; a SealedSecret's always; a Certificate's, as most are written. So this is no
claim that it would make the missing one: the name is all that ties them.
Sources: https://external-secrets.io/latest/api/externalsecret/ (spec.target.name);
https://github.com/bitnami-labs/sealed-secrets#usage.
"""

from collections.abc import Iterable

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.known import CUSTOM, name_key
from eventstream.explain.world.text import named, one_line, said_by
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in

_APPLIERS = frozenset({"argoproj.io", "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"})
"""Groups whose resources are called as all that they bring, and may wait for the Pod itself."""

_MOST = 2
"""Resources that are told of: a name can be that of many."""


def namesakes(
    snapshot: Snapshot, pod: Write, names: Iterable[str]
) -> tuple[str, tuple[Evidence, ...]]:
    """What custom resources of these names that are not done say, as clauses, and what shows it."""
    told: list[str] = []
    shown: list[Evidence] = []
    for name in names:
        key = name_key(CUSTOM, pod.image.metadata.namespace, name)
        logs = sorted(snapshot.world.names.get(key, {}).values(), key=lambda log: log.uid)
        for write in (snapshot.alive(log) for log in logs):
            health = write.image.health if write is not None else None
            if write is None or health is None or health.state not in ("failed", "progressing"):
                continue
            if write.change.resource.group in _APPLIERS or _runs(write):
                continue
            why = one_line(said_by(health.message, health.reason)).rstrip(".") or health.by
            if why and len(told) < _MOST:
                told.append(f"; {named(write.image)} of the same name says: {why}")
                shown.append(proofs.status(write, f"{named(write.image)} says: {why}"))
    return "".join(told), tuple(shown)


def _runs(write: Write) -> bool:
    """Whether it runs Pods, or what makes them: then it may be the Pod's own, and wait for that."""
    return any(is_built_in(log.ref.api_version) for log in write.log.family.children.values())
