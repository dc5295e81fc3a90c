"""Why a controller makes no Pods: nothing new comes into their namespace, they fail one after the
other, or the API server refuses them, by a quota, a policy or a webhook.

Sources: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/ (who
refuses), https://kubernetes.io/docs/concepts/policy/resource-quotas/ (quotas);
pkg/controller/controller_utils.go (Event FailedCreate).
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, made
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import node_of, phase
from eventstream.explain.world.text import listing, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.quantities import amount
from eventstream.objects.workloads import StatefulSetSpec

_REFUSED = 2
"""Failed Pods that are told of."""

_RECENT = 900.0
"""Seconds that the DaemonSet controller waits at most. Source: pkg/controller/daemon/
daemon_controller.go, Run."""

_AT_ONCE = 3.0
"""Seconds within which that controller deletes a failed Pod for which it does not pause."""

_NAMES = 100
"""Names of a StatefulSet's Pods that are looked at."""

_ADOPTED = 10.0
"""Seconds within which a Pod may yet be adopted, or be collected after its owner."""

_WHOLE_SECOND = 1.0
"""The precision of the times of Events and of Pods."""


def kept_from(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """What keeps the owner's next Pod from being made, though nobody refuses it; None for none."""
    return (
        going(snapshot, owner, rank)
        or taken(snapshot, owner, rank)
        or killed(snapshot, owner, rank)
    )


def going(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """The end of the owner's namespace, where that is being deleted: nothing new comes into it.

    Its controllers say nothing of that.
    Source: pkg/controller/controller_utils.go, createPods (NamespaceTerminatingCause).
    """
    name = owner.image.metadata.namespace
    space = snapshot.by_name("Namespace", None, name) if name else None
    if space is None or space.gone or not space.image.metadata.deletion_timestamp:
        return None
    waiting_for = f"the end of {named(space.image)}, which takes {named(owner.image)} along"
    return Holding(
        rank, "namespace-controller", "", when(space), waiting_for, patient=True, about=owner
    )


def taken(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """The Pod of somebody else that has the name which a StatefulSet's Pod is to have.

    What has its labels and no controller it adopts; any other it cannot replace.
    Source: pkg/controller/statefulset/stateful_set_utils.go, getPodName;
    pkg/controller/statefulset/stateful_pod_control.go, CreateStatefulPod (Event FailedCreate).
    """
    name, spec = owner.image.metadata.name, owner.image.spec
    if not isinstance(spec, StatefulSetSpec):
        return None
    first = spec.ordinals.start
    names = {f"{name}-{each}" for each in range(first, first + min(spec.replicas, _NAMES))}
    for log in snapshot.world.places.inhabitants(owner.image.metadata.namespace):
        pod = snapshot.alive(log) if is_a(log.ref, kinds.POD) and log.ref.name in names else None
        if pod is None or pod.image.metadata.deletion_timestamp:
            continue
        whose = pod.image.metadata.controller
        since = max(when(pod), when(owner))
        if snapshot.now - since < _ADOPTED or _comes(snapshot, owner, pod):
            continue
        whom = f"{whose.kind} {whose.name} controls" if whose is not None else "no controller has"
        waiting_for = f"{named(pod.image)} to be gone, which {whom}"
        plain = Holding(rank, "client", "", since, waiting_for, about=owner)
        detail = (
            f"A Pod of {named(owner.image)} cannot be created: {named(pod.image)}, which {whom}, "
            "has its name."
        )
        notes = snapshot.latest_notes(owner.log, "FailedCreate")
        shown = proofs.seen(pod, f"{named(pod.image)} is there, and {whom} it")
        evidence = (shown, *proofs.events(notes[:1]))
        return troubled(plain, Trouble("create-failed", detail, evidence, commands.describe(pod)))
    return None


def _comes(snapshot: Snapshot, owner: Write, pod: Write) -> bool:
    """Whether the Pod is the StatefulSet's, will be, or goes with an owner that has gone."""
    whose = pod.image.metadata.controller
    if whose is None:
        wanted = owner.image.spec.selector.match_labels or {}
        return bool(wanted.items() <= (pod.image.metadata.labels or {}).items())
    log = snapshot.world.logs.get(whose.uid)
    return whose.uid == owner.log.uid or (log is not None and snapshot.alive(log) is None)


def killed(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """That a DaemonSet's Pods failed one after the other, as the last of them tells, or its Events.

    Its controller deletes each, and waits longer and longer before it does so with the next.
    Source: pkg/controller/daemon/daemon_controller.go, podsShouldBeOnNode (failedPodsBackoff).
    """
    left = _left(snapshot, owner, rank)
    if left is not None:
        return left
    notes = snapshot.latest_notes(owner.log, "FailedDaemonPod")
    times = sum(note.after.spec.times for note in notes)
    if times < _REFUSED or snapshot.now - told_at(notes[0]) > _RECENT:
        return None
    if made(snapshot, owner) > told_at(notes[0]) + _WHOLE_SECOND:
        return None
    if sum(phase(pod.image) == "Failed" for pod in snapshot.pods(owner.log)) >= _REFUSED:
        return None  # These tell more.
    waiting_for = f"a Pod of {named(owner.image)} that does not fail"
    plain = Holding(rank, "kubelet", "", told_at(notes[-1]), waiting_for, about=owner)
    detail = sentence(
        f"Pods of {named(owner.image)} failed one after the other, {times} so far, and its "
        f"controller waits before it makes the next; why they failed was not seen. It says: "
        f"{said(notes[0])}"
    )
    wrong = Trouble("pod-failed", detail, proofs.events(notes[:2]), commands.describe(owner))
    return troubled(plain, wrong)


def _left(snapshot: Snapshot, owner: Write, rank: int) -> Holding | None:
    """A failed Pod that a DaemonSet's controller leaves for now: the first it deletes at once."""
    if owner.image.kind != "DaemonSet":
        return None
    kept = [pod for pod in snapshot.pods(owner.log) if not pod.gone and _stays(pod)]
    last = max(kept, key=when, default=None)
    if last is None or not _AT_ONCE < snapshot.now - when(last) <= _RECENT:
        return None
    status, node = last.image.status, node_of(last.image)
    waiting_for = f"a Pod of {named(owner.image)} that does not fail"
    plain = Holding(rank, "kubelet", node, when(last), waiting_for, about=owner)
    where = f" on {node}" if node else ""
    why = said_by(status.message, status.reason) or "it gave no reason"
    detail = sentence(
        f"{named(last.image)} of {named(owner.image)} failed{where}, and its controller makes "
        f"another after a pause, which grows with each failure: {why}"
    )
    told = f"{named(last.image)} has failed ({status.reason or 'no reason given'})"
    wrong = Trouble("pod-failed", detail, (proofs.status(last, told),), commands.describe(last))
    return troubled(plain, wrong)


def _stays(pod: Write) -> bool:
    return phase(pod.image) == "Failed" and not pod.image.metadata.deletion_timestamp


_QUOTA = expression(r"exceeded quota: ([^,\s]+)")
_AMOUNTS = expression(r"requested: (\S*?),? used: (\S*?),? limited: (\S+)")
_POD = expression(
    r'^(?:pods|persistentvolumeclaims|replicasets\.apps|jobs\.batch) "[^"]*" is forbidden: '
)
_ATTEMPT = expression(
    r"^(?:Error creating(?: job)?: "
    r"|create (?:Pod|Claim) \S+ (?:for Pod \S+ )?in \S+ \S+ failed error: "
    r'|Failed to create new replica set "[^"]*": )?'
)
_INVALID = expression(r'^[\w.]+ "[^"]*" is invalid: ')
"""How the API server begins what its validation finds, after the kind and the name.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#validation-for-objects.
"""

_FORBIDDEN = expression(r'" is forbidden: | forbidden: |insufficient quota to match these scopes: ')
"""How the API server begins what admission refuses; where a quota is to be, not with the others.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/.
"""

_REFUSERS = (
    (expression(r'admission webhook "([^"]+)" denied the request:? ?(.*)', dot_all=True),
     "webhook {} denies it"),
    (expression(r'failed calling webhook "([^"]+)": (.*)', dot_all=True),
     "nobody denies it, but webhook {} has to be asked and cannot be called"),
    (expression(
        r"ValidatingAdmissionPolicy '([^']+)' (?:with binding '[^']*' )?denied request: (.*)",
        dot_all=True,
    ), "ValidatingAdmissionPolicy {} denies it"),
    (expression(r'violates PodSecurity "([^"]+)": (.*)', dot_all=True),
     "Pod Security Standard {} forbids it"),
    (expression(
        r"unable to validate against any (security context constraint): (.*)", dot_all=True
    ),
     "no {} allows it"),
)  # fmt: skip
"""Who refuses, in the words of the API server, and in ours."""


def exceeded(message: str) -> str:
    """The ResourceQuota that a refusal names as exceeded; empty if none."""
    found = _QUOTA.search(message)
    return found[1] if found is not None else ""


def refused(
    snapshot: Snapshot, owner: Write, missing: str, message: str, evidence: tuple[Evidence, ...]
) -> Trouble:
    """Who refuses the Pods of `owner`, of which `missing` says how many in words."""
    name = f"{owner.image.kind} {owner.image.metadata.name}"
    bare = _POD.sub("", _ATTEMPT.sub("", message))
    cannot = f"{missing} of {name} cannot be created"
    quota = exceeded(message)
    if quota:
        namespace = owner.image.metadata.namespace
        found = snapshot.by_name("ResourceQuota", namespace, quota)
        if found is not None and not found.gone:
            evidence = (*evidence, proofs.status(found, _standing(found)))
        of_several = found is None and _of_several(snapshot)
        what = "quota" if of_several else "ResourceQuota"
        detail = sentence(f"{cannot}: {_limits(f'{what} {quota}', message) or bare}")
        if found is None and not of_several and _is_met(snapshot, owner):
            detail += f" No ResourceQuota {quota} is there now: the next try may go through."
        named_so = commands.named("resourcequota", namespace, quota)
        command = commands.describe(owner) if of_several else named_so
        return Trouble("quota-exceeded", detail, evidence, command)
    detail = f"{sentence(f'{cannot}: {_refuser(bare)}')}{_unanswered(snapshot, message)}"
    code = _code(message, bare)
    return Trouble(code, detail, evidence, commands.describe(owner))


_SERVICE = expression(r"failed calling webhook .*https://([a-z0-9-]+)\.([a-z0-9-]+)\.svc[:/]")


def _unanswered(snapshot: Snapshot, message: str) -> str:
    """What the Service of a webhook that cannot be called waits for, as a sentence.

    Empty where the message names none, and where it was not seen or is in order.
    Source (serviceresolver.go, ResolveEndpoint):
    https://github.com/kubernetes/apiserver/tree/master/pkg/util/webhook
    """
    called = _SERVICE.search(message)
    found = snapshot.by_name("Service", called[2], called[1]) if called is not None else None
    if called is None or found is None or found.gone:
        return ""
    assess = behaviour_of(found.image).assess
    outlook = assess(snapshot, found, None) if assess is not None else None
    first = outlook.first if outlook is not None else None
    if outlook is None or first is None:
        return ""
    if first.about is not None:
        snapshot.warned(first.about.log, first.since)  # It may be told with the wait.
    return f" It is called through {named(found.image)} of namespace {called[2]}: {outlook.summary}"


def _code(message: str, bare: str) -> str:
    """Whether it was refused, found invalid, or not done though nobody refused it."""
    if _INVALID.match(bare):
        return "pod-invalid"
    refuses = _FORBIDDEN.search(message) or any(who.search(bare) for who, _ in _REFUSERS)
    return "admission-denied" if refuses else "create-failed"


_QUOTA_LATE = 10.0
"""Seconds within which a quota arrives that refused something: its watch may lag behind."""


def _is_met(snapshot: Snapshot, owner: Write) -> bool:
    """Whether the quota that refused the owner's Pods would be known, if it was there."""
    late = owner.base or snapshot.now - owner.change.at > _QUOTA_LATE
    return late and snapshot.has_met("ResourceQuota")


def _of_several(snapshot: Snapshot) -> bool:
    """Whether there may be quotas of several namespaces, which refuse in the same words.

    Source: https://docs.okd.io/latest/applications/quotas/quotas-setting-across-multiple-projects.html
    """
    name = "clusterresourcequotas.quota.openshift.io"
    return snapshot.by_name("CustomResourceDefinition", None, name) is not None


def allows_now(quota: Write, message: str) -> bool:
    """Whether the quota has been raised, or less is used, so that the next attempt may succeed."""
    found = _AMOUNTS.search(message)
    hard = getattr(quota.image.status, "hard", None) or {}
    used = getattr(quota.image.status, "used", None) or {}
    asked = getattr(quota.image.spec, "hard", None)
    if found is None or not hard or asked != hard:
        return False
    for resource, needed in _pairs(found[1]).items():
        limit, now, more = amount(hard.get(resource)), amount(used.get(resource)), amount(needed)
        if resource not in hard:
            continue
        if limit is None or more is None or (now or 0) + more > limit:
            return False
    return True


def _limits(quota: str, message: str) -> str:
    """`ResourceQuota pods limits pods to 2, with 2 used and 1 requested`; "" where unsaid."""
    found = _AMOUNTS.search(message)
    if found is None:
        return ""
    requested, used, limited = (_pairs(text) for text in found.groups())
    told = [
        f"{resource} to {limit}, with {used.get(resource, '0')} used and "
        f"{requested.get(resource, '?')} requested"
        for resource, limit in limited.items()
    ]
    return f"{quota} limits {listing(told)}"


def _pairs(text: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in text.split(","))
    return {name: value for name, _, value in pairs if value}


def _standing(quota: Write) -> str:
    hard = getattr(quota.image.status, "hard", None) or {}
    used = getattr(quota.image.status, "used", None) or {}
    told = [f"{name} {used.get(name, 0)} of {limit} used" for name, limit in sorted(hard.items())]
    return f"ResourceQuota {quota.image.metadata.name} reports {listing(told) or 'nothing'}"


def _refuser(message: str) -> str:
    """Who refuses and what it says, where the message names somebody."""
    for pattern, words in _REFUSERS:
        found = pattern.search(message)
        if found is not None:
            said = f": {found[2]}" if found[2] else ""
            return f"{words.format(found[1])}{said}"
    return message


def perhaps_refused(snapshot: Snapshot, held: Holding) -> Holding:
    """The wait for a controller that is perhaps refused, where Events, which say so, are hidden."""
    if not snapshot.hides("Event"):
        return held
    what = (
        f"{held.waiting_for}; whether that is refused, Events would tell, which Baton is not shown"
    )
    return msgspec.structs.replace(held, waiting_for=what, late="not-ready")
