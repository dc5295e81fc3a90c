"""With an audit log every write of a flow is right: one record for each request that was sent."""

from collections.abc import Callable, Iterator

import pytest

from eventstream.explain.attribution.writers import writer
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.world import World
from eventstream.objects.images import Image
from eventstream.objects.observations import AuditRecord, Change
from tests.explain.audits import ADMIN, KCM, KUBECTL, account
from tests.explain.flow import APART, BURST, Flow
from tests.explain.flows import nodes, pods
from tests.explain.tapes import fold

ACCOUNTS = {
    "daemonset-controller": "daemon-set-controller",
    "node-ipam-controller": "node-controller",
    "node-lifecycle-controller": "node-controller",
    "persistentvolume-controller": "persistent-volume-binder",
    "taint-eviction-controller": "node-controller",
}
"""Actors whose service account in the controller manager has another name."""

OTHERS = {
    "client": (ADMIN, KUBECTL),
    "scheduler": ("system:kube-scheduler", "kube-scheduler/v1.36.2"),
    "api-server": ("system:apiserver", "kube-apiserver/v1.36.2"),
    "kubelet": ("system:node:node-1", "kubelet/v1.36.2"),
    "simulated kubelet": (ADMIN, "hollow-kubelet"),
    "custom-controller": ("system:serviceaccount:ops:balancer", "balancer/v1.0.0"),
}


def identity(actor: str, simulated: bool) -> tuple[str, str]:
    """User and agent of an actor; simulated kubelets share the user of people."""
    actor = "simulated kubelet" if simulated and actor == "kubelet" else actor
    if actor in OTHERS:
        return OTHERS[actor]
    name = ACCOUNTS.get(actor, actor)
    return account(name), f"{KCM}kube-system:{name}"


def asked(change: Change, who: Writer) -> tuple[str, str] | None:
    """Verb and subresource of the request; None for a version that another's request made too."""
    now, before = change.after.metadata, change.before
    if change.type == "ADDED":
        return "create", ""
    old = before.metadata if before is not None else now
    if change.type == "DELETED":
        if old.finalizers:
            return "patch", ""
        at_once = old.deletion_timestamp and old.deletion_grace_period_seconds == 0
        return None if at_once else ("delete", "")
    if now.deletion_grace_period_seconds != old.deletion_grace_period_seconds:
        first = not old.deletion_timestamp and evicted(change.after)
        return ("create", "eviction") if first else ("delete", "")
    if evicted(change.after) and not evicted(before):
        return None
    if getattr(change.after.spec, "node_name", "") != getattr(
        before and before.spec, "node_name", ""
    ):
        return "create", "binding"
    return "patch", who.subresource


def evicted(image: Image | None) -> bool:
    """Whether the eviction API was used."""
    conditions = getattr(getattr(image, "status", None), "conditions", ())
    return any(found.reason == "EvictionByEvictionAPI" for found in conditions)


def records(flow: Flow, simulated: bool) -> Iterator[AuditRecord]:
    """What the audit log of the flow holds."""
    world = World()
    for change in flow.shown:
        if not isinstance(change, Change) or change.after.kind == "Event":
            continue
        write = world.add(change, base=change.type == "EXISTING")
        actor = flow.truth.get((change.after.uid, change.after.version))
        if write is None or actor is None:
            continue
        who = writer(write)
        request = asked(change, who)
        if request is None:
            continue
        user, agent = identity(actor, simulated)
        verb, subresource = request
        yield AuditRecord(
            resource=change.resource,
            audit_id=f"audit-{change.after.version}",
            at=change.at + 0.0005,
            received=change.at - 0.0005,
            code=201 if verb == "create" else 200,
            namespace=change.after.metadata.namespace,
            name=change.after.metadata.name,
            field_manager=who.manager,
            verb=verb,
            user=user,
            agent=agent,
            subresource=subresource,
        )


@pytest.mark.parametrize("pace", [APART, BURST * 10])
@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("tell", [*nodes.FLOWS, *pods.FLOWS], ids=lambda tell: tell.__name__)
def test_with_audit_every_write_of_a_flow_is_right(
    tell: Callable[[Flow], None], simulated: bool, pace: float
) -> None:
    flow = Flow(pace)
    tell(flow)
    shown = sorted([*flow.shown, *records(flow, simulated)], key=lambda found: found.at)
    steps = {(s.object.uid, s.resource_version): s for s in fold(shown).steps.values()}
    assert {key: steps[key].actor for key in flow.truth} == flow.truth
    named = sum(step.grades.who == "audited" for key, step in steps.items() if key in flow.truth)
    assert named >= 0.97 * len(flow.truth)
