"""The one registry: every actor as it is declared, and the tables that derive from that.

Who makes what, who writes which status, who removes which finalizer, which service account is
whose, which kinds people follow, lanes and hues: none of them is written a second time anywhere.
"""

from functools import lru_cache
from typing import Protocol

import msgspec

from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.cluster import CLUSTER, COMPONENTS
from eventstream.explain.vocabulary.declared.kinds import Controller, GroupKind
from eventstream.explain.vocabulary.declared.workloads import WORKLOADS
from eventstream.objects.kinds import is_built_in

ACTORS: dict[str, Controller] = {actor.id: actor for actor in (*COMPONENTS, *WORKLOADS, *CLUSTER)}
"""Every actor by id; an id that is not here is a defect."""


class Maker(msgspec.Struct, frozen=True, gc=False):
    """Which controller alone makes an owner's children, see `Making`."""

    actor: str
    source_url: str
    counted: bool


MAKERS: dict[tuple[GroupKind, GroupKind], Maker] = {
    (made.child, made.owner): Maker(actor.id, made.source_url, made.counted)
    for actor in ACTORS.values()
    for made in actor.makes
}
"""(child, owner) to the built-in controller that alone creates such children."""

STATUS_WRITERS: dict[GroupKind, tuple[str, str]] = {
    kind: (actor.id, source_url) for actor in ACTORS.values() for kind, source_url in actor.reports
}
"""Kind to the built-in controller that alone writes its status, and where it does so."""

FINALIZERS: dict[str, tuple[str, str]] = {
    name: (actor.id, source_url)
    for actor in ACTORS.values()
    for name, source_url in actor.finalizers
}
"""Finalizers of Kubernetes' own components, to who alone removes each, and where."""

CONTROLLER_MANAGER = "kube-controller-manager"
"""The field manager that all its loops write as."""

MANAGERS: dict[str, str] = {
    manager: actor.id for actor in ACTORS.values() for manager in actor.managers
}
"""Field managers that stand for one actor of Kubernetes' own; the controller manager does not."""

OWNERS_OF_PODS = frozenset(owner for child, owner in MAKERS if child == kinds.POD)
"""Built-in kinds for which a controller makes Pods."""

FOLLOWED = frozenset(kind for actor in WORKLOADS for kind in actor.kinds) | {kinds.POD}
"""Built-in kinds whose state people follow: workloads, and Pods."""


def title(actor: str) -> str:
    """What sentences call the actor, without an article."""
    return ACTORS[actor].title


@lru_cache(maxsize=2000)
def group_kind(api_version: str, kind: str) -> GroupKind:
    """The kind by its group: `apps/v1` and `Deployment` give that of `apps`."""
    return GroupKind(api_version.rpartition("/")[0], kind)


def is_a(typed: "Typed", kind: GroupKind) -> bool:
    """Whether something is of this very kind: another group may have one of the same name."""
    return typed.kind == kind.kind and typed.api_version.rpartition("/")[0] == kind.group


class Typed(Protocol):
    """What names its type: an object's image, a reference to one."""

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` in the core group."""

    @property
    def kind(self) -> str:
        """The kind, without its group."""


def maker_of(child: Typed, owner: Typed | None) -> Maker | None:
    """The built-in controller that alone makes such children for such an owner; None if none."""
    if owner is None:
        return None
    of = group_kind(owner.api_version, owner.kind)
    return MAKERS.get((group_kind(child.api_version, child.kind), of))


def pods_maker(owner: Typed) -> Maker | None:
    """The built-in controller that makes an owner's Pods; None where none does."""
    return MAKERS.get((kinds.POD, group_kind(owner.api_version, owner.kind)))


def is_followed(api_version: str, kind: str) -> bool:
    """Whether it is a kind whose state people follow: a workload, a Pod or a custom resource."""
    return group_kind(api_version, kind) in FOLLOWED or not is_built_in(api_version)


def accounts() -> dict[str, tuple[str, ...]]:
    """Service accounts of the controller manager to the actors that use it; some share one."""
    found: dict[str, tuple[str, ...]] = {}
    for actor in ACTORS.values():
        if actor.account:
            found[actor.account] = (*found.get(actor.account, ()), actor.id)
    return found


def users() -> dict[str, tuple[str, ...]]:
    """User names of Kubernetes' own components in an audit log, to their actors."""
    return {user: (actor.id,) for actor in ACTORS.values() for user in actor.users}
