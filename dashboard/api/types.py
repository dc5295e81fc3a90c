"""Which of the types that are watched somebody means, in kubectl's spellings."""

from collections.abc import Iterator

from eventstream import history
from eventstream.explain.vocabulary.declared.kinds import SHORT_NAMES
from eventstream.history import WatchedType

_OPENSHIFT = {"dc": "deploymentconfigs"}
"""What oc calls OpenShift's own type for short, which is told as Kubernetes' are."""


def called(asked: str) -> Iterator[WatchedType]:
    """Yield the types that are called so, those of Kubernetes itself first.

    By plural, kind, or a short name that Baton knows; with `.group` or `.version.group` that
    group's alone.
    """
    name, _, rest = asked.lower().partition(".")
    plural = (SHORT_NAMES | _OPENSHIFT).get(name, name)
    for each in sorted(history.types(), key=_order):
        kind = each.name.partition(".")[0].lower()
        if name != kind and plural != each.plural:
            continue
        if rest in {"", each.group} or rest.partition(".")[2] == each.group:
            yield each


def _order(type_: WatchedType) -> tuple[bool, bool, str]:
    group = type_.group
    return bool(group), "." in group and not group.endswith(".k8s.io"), group
