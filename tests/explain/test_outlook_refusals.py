"""Who refuses what a controller would create, and what else keeps whole objects from going on."""

import pytest

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    condition,
    daemonset,
    deployment,
    job,
    pod,
    replicaset,
    statefulset,
    thing,
    website,
)

FORBIDDEN = 'pods "web-1-b" is forbidden: '
SCOPES = "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]"
REFUSED = [
    (SCOPES, "admission-denied", f"{SCOPES}.", "kubectl describe replicaset web-1 -n shop"),
    (
        (
            f"{FORBIDDEN}exceeded quota: team, requested: limits.cpu=2,pods=1, used: "
            "limits.cpu=3,pods=4, limited: limits.cpu=4,pods=4"
        ),
        "quota-exceeded",
        (
            "ResourceQuota team limits limits.cpu to 4, with 3 used and 2 requested and pods to 4, "
            "with 4 used and 1 requested."
        ),
        "kubectl describe resourcequota team -n shop",
    ),
    (
        f'{FORBIDDEN}violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
        "admission-denied",
        "Pod Security Standard restricted:latest forbids it: allowPrivilegeEscalation != false.",
        "kubectl describe replicaset web-1 -n shop",
    ),
    (
        (
            f"{FORBIDDEN}ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: "
            "no latest tags"
        ),
        "admission-denied",
        "ValidatingAdmissionPolicy no-latest denies it: no latest tags.",
        "kubectl describe replicaset web-1 -n shop",
    ),
    (
        'Internal error occurred: failed calling webhook "gate.example.com": connection refused',
        "admission-denied",
        (
            "nobody denies it, but webhook gate.example.com has to be asked and cannot be called: "
            "connection refused."
        ),
        "kubectl describe replicaset web-1 -n shop",
    ),
    (
        f'{FORBIDDEN}error looking up service account shop/web: serviceaccount "web" not found',
        "admission-denied",
        'error looking up service account shop/web: serviceaccount "web" not found.',
        "kubectl describe replicaset web-1 -n shop",
    ),
]


def refused(story: Story, message: str) -> tuple[Json, Json]:
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    said = condition("ReplicaFailure", "True", "FailedCreate", message)
    story.change(rs, {"status": {"replicas": 0, "conditions": [said]}}, KCM, sub="status")
    return web, rs


@pytest.mark.parametrize(("message", "code", "words", "command"), REFUSED)
def test_who_refuses_is_named(message: str, code: str, words: str, command: str) -> None:
    story = Story()
    web, _ = refused(story, message)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("replicaset-controller", code)
    assert trace.summary == f"1 Pod of ReplicaSet web-1 cannot be created: {words}"
    assert trace.command == command
    assert trace.diagnosis_evidence[0].source == "condition"
    assert message in trace.diagnosis_evidence[0].text


def quota(pods: str, used: str) -> Json:
    status = {"hard": {"pods": pods}, "used": {"pods": used}}
    return thing("ResourceQuota", "team", spec={"hard": {"pods": pods}}, status=status)


FULL = f"{FORBIDDEN}exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2"


@pytest.mark.parametrize(
    ("hard", "used", "code"),
    [("3", "2", None), ("2", "1", None), ("2", "2", "quota-exceeded")],
)
def test_a_quota_that_gives_way_is_no_longer_blamed(hard: str, used: str, code: str | None) -> None:
    story = Story()
    full = story.exists(quota("2", "2"))
    web, _ = refused(story, FULL)
    assert story.trace(web).diagnosis == "quota-exceeded"
    status = {"hard": {"pods": hard}, "used": {"pods": used}}
    story.change(full, {"spec": {"hard": {"pods": hard}}, "status": status}, "kubectl-patch")
    trace = story.trace(web)
    assert trace.diagnosis == code
    if code is None:
        assert trace.waiting_for.endswith("created at its next try, now that quota team allows it")
    else:
        assert trace.diagnosis_evidence[-1].text == "ResourceQuota team reports pods 2 of 2 used"


LIMITS = "limits pods to 2, with 2 used and 1 requested."


def test_a_quota_that_is_not_there_is_not_said_to_limit_anything_any_more() -> None:
    story = Story("ResourceQuota")
    web, _ = refused(story, FULL)
    assert story.trace(web).summary.endswith(f": ResourceQuota team {LIMITS}")
    story.wait(10)
    story.create(thing("ResourceQuota", "other"), "kubectl-create")
    gone = "No ResourceQuota team is there now: the next try may go through."
    assert story.trace(web).summary.endswith(f": ResourceQuota team {LIMITS} {gone}")


def test_a_quota_of_several_namespaces_is_not_looked_for_in_one() -> None:
    story = Story("ResourceQuota")
    crd = "clusterresourcequotas.quota.openshift.io"
    story.exists(thing("CustomResourceDefinition", crd, "apiextensions.k8s.io/v1"))
    web, _ = refused(story, FULL)
    story.wait(10)
    story.create(thing("ResourceQuota", "other"), "kubectl-create")
    trace = story.trace(web)
    assert trace.summary.endswith(f": quota team {LIMITS}")
    assert trace.command == "kubectl describe replicaset web-1 -n shop"


@pytest.mark.parametrize(
    ("refused_for", "waits", "state"),
    [(300, 290, "running"), (300, 340, "stalled"), (9000, 900, "running"), (9000, 1100, "stalled")],
)
def test_who_tries_again_after_ever_longer_pauses_is_not_called_silent_in_one(
    refused_for: float, waits: float, state: str
) -> None:
    story = Story()
    full = story.exists(quota("2", "2"))
    web, _ = refused(story, FULL)
    story.wait(refused_for)
    story.delete(full)
    story.wait(waits)
    story.create(thing("ResourceQuota", "other"), "kubectl-create")
    trace = story.trace(web)
    assert (trace.state, trace.holder) == (state, "replicaset-controller")
    assert trace.diagnosis == (None if state == "running" else "controller-silent")


def test_a_replicaset_that_is_refused_is_told_by_the_deployment() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    why = (
        'Failed to create new replica set "web-1": replicasets.apps "web-1" is forbidden: '
        "exceeded quota: team, requested: count/replicasets.apps=1, used: "
        "count/replicasets.apps=2, limited: count/replicasets.apps=2"
    )
    said = condition("Progressing", "False", "ReplicaSetCreateError", why)
    story.change(web, {"status": {"conditions": [said]}}, KCM, sub="status")
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("deployment-controller", "quota-exceeded")
    assert trace.summary == (
        "The ReplicaSet of Deployment web cannot be created: ResourceQuota team limits "
        "count/replicasets.apps to 2, with 2 used and 1 requested."
    )


def test_a_claim_that_is_refused_is_told_by_the_statefulset() -> None:
    story = Story("Pod")
    db = story.create(statefulset(replicas=1), "kubectl-create")
    why = (
        "create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: "
        'persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: team'
    )
    story.tell(db, "FailedCreate", why, "statefulset-controller")
    trace = story.trace(db)
    assert (trace.diagnosis, trace.summary) == (
        "quota-exceeded",
        "1 Pod of StatefulSet db cannot be created: exceeded quota: team.",
    )
    assert [piece.source for piece in trace.diagnosis_evidence] == ["event"]


def test_a_job_says_that_it_gives_up_while_its_pods_still_stop() -> None:
    story = Story()
    once = story.create(job(activeDeadlineSeconds=5), "kubectl-create")
    late = "Job was active longer than specified deadline"
    said = condition("FailureTarget", "True", "DeadlineExceeded", late)
    story.change(once, {"status": {"conditions": [said], "failed": 1}}, KCM, sub="status")
    trace = story.trace(once)
    assert (trace.state, trace.diagnosis) == ("stalled", "deadline-exceeded")
    assert trace.summary == (
        f"Job once failed after 1 failed Pod, with a deadline of 5 seconds: {late}."
    )
    assert trace.diagnosis_evidence[0].text.startswith("condition FailureTarget of Job once")


def test_a_suspended_job_says_how_to_resume_it() -> None:
    story = Story()
    once = story.create(job(suspend=True), "kubectl-create")
    trace = story.trace(once)
    assert trace.diagnosis == "paused"
    assert trace.mend == (
        """kubectl patch job once -n shop --type=merge -p '{"spec":{"suspend":false}}'"""
    )


def test_a_pod_past_its_own_deadline_says_so() -> None:
    story = Story()
    one = pod()
    one["spec"]["activeDeadlineSeconds"] = 3
    story.create(one, "kubectl-create")
    late = "Pod was active on the node longer than the specified deadline"
    ended = {"phase": "Failed", "reason": "DeadlineExceeded", "message": late}
    story.change(one, {"status": ended | {"conditions": []}}, "kubelet", sub="status")
    trace = story.trace(one)
    assert (trace.diagnosis, trace.summary) == (
        "deadline-exceeded",
        "Pod web-1-a failed: it ran longer than its deadline of 3 seconds.",
    )


def test_a_paused_deployment_that_only_scales_is_not_held_by_its_pause() -> None:
    story = Story()
    web = story.exists(deployment(replicas=1, paused=True))
    rs = story.exists(replicaset(web, replicas=1))
    story.exists(pod(rs))
    story.change(web, {"spec": {"replicas": 2}}, "kubectl")
    story.change(rs, {"spec": {"replicas": 2}}, KCM)
    status = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}
    story.change(web, {"status": status}, KCM, sub="status")
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.diagnosis) == (
        "running",
        "replicaset-controller",
        None,
    )


def test_who_set_a_stuck_finalizer_is_told() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    story.change(site, {"metadata": {"finalizers": ["example.com/clean"]}}, "kubectl-patch")
    story.mark(site, finalizers=["example.com/clean"])
    story.wait(600)
    story.create(pod(None, "clock", ""))
    trace = story.trace(site)
    assert (trace.holder, trace.diagnosis) == ("custom-controller", "finalizer-stuck")
    assert trace.command == ("kubectl get websites.stable.example.com shopfront -n shop -o yaml")
    told = [piece.text for piece in trace.diagnosis_evidence]
    assert told == [
        "Website shopfront is marked for deletion and holds finalizers example.com/clean",
        "finalizers of Website shopfront were set by kubectl-patch, as they call themselves",
    ]


def test_a_namespace_says_what_in_it_does_not_go() -> None:
    story = Story()
    shop = story.exists(thing("Namespace", "shop"))
    story.mark(shop)
    left = "Some content in the namespace has finalizers remaining: example.com/x in 1 resource"
    said = condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", left)
    story.change(shop, {"status": {"conditions": [said]}}, KCM, sub="status")
    story.wait(600)
    story.create(pod(None, "clock", ""))
    trace = story.trace(shop)
    assert (trace.holder, trace.diagnosis) == ("custom-controller", "finalizer-stuck")
    assert "example.com/x in 1 resource" in trace.summary
    assert trace.diagnosis_evidence[0].source == "condition"


def test_a_wait_that_is_only_long_says_what_was_last_seen() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    story.wait(600)
    story.create(pod(None, "clock", ""))
    trace = story.trace(web)
    assert trace.diagnosis == "controller-silent"
    assert [piece.text for piece in trace.diagnosis_evidence] == [
        "Deployment web at resourceVersion 1001 is the newest that was seen of it",
        "not seen since then: a ReplicaSet for Deployment web",
    ]
    assert trace.command == "kubectl describe deployment web -n shop"


@pytest.mark.parametrize(
    ("policy", "holder", "code"),
    [("", "kubelet", None), ("Parallel", "statefulset-controller", "controller-silent")],
)
def test_a_set_that_keeps_order_waits_for_its_pods_so_far(
    policy: str, holder: str, code: str | None
) -> None:
    story = Story("Event")
    db = statefulset(replicas=3)
    db["spec"]["podManagementPolicy"] = policy
    story.create(db, "kubectl-create")
    first = story.create(pod(db, "db-0", ""), KCM)
    story.change(first, {"spec": {"nodeName": "node-1"}})
    story.wait(40)
    story.create(pod(None, "clock", ""))
    trace = story.trace(db)
    assert (trace.holder, trace.diagnosis) == (holder, code)


def told_once(story: Story, owner: Json) -> None:
    text = f"Error creating: {FULL}"
    story.tell(owner, "FailedCreate", text, "daemonset-controller")


def daemons(story: Story) -> tuple[Json, Json]:
    """A DaemonSet of two, of which the quota let one come."""
    made = story.create(daemonset(), "kubectl-create")
    story.change(made, {"status": {"desiredNumberScheduled": 2}}, KCM, sub="status")
    one = story.create(pod(made, "agent-a", ""), KCM)
    return made, one


def test_what_a_quota_refused_is_told_though_the_pods_that_came_go_on() -> None:
    story = Story()
    story.exists(quota("2", "2"))
    made, one = daemons(story)
    told_once(story, made)
    story.wait(1)
    story.change(one, {"spec": {"nodeName": "node-1"}})
    story.change(one, {"status": {"phase": "Running"}}, "kubelet", sub="status")
    assert story.trace(made).diagnosis == "quota-exceeded"


@pytest.mark.parametrize(("used", "code"), [("2", "quota-exceeded"), ("1", None)])
def test_a_controller_that_says_it_no_more_is_still_refused_while_the_quota_is_full(
    used: str, code: str | None
) -> None:
    """Clients send but a few Events about one object: the next refusal may be told by none."""
    story = Story()
    full = story.exists(quota("2", "2"))
    made = story.create(daemonset(), "kubectl-create")
    story.change(made, {"status": {"desiredNumberScheduled": 2}}, KCM, sub="status")
    told_once(story, made)
    story.wait(1)
    story.create(pod(made, "agent-a", ""), KCM)
    story.change(full, {"status": {"used": {"pods": used}}}, KCM, sub="status")
    assert story.trace(made).diagnosis == code


def test_a_controller_that_just_created_a_pod_is_not_called_silent() -> None:
    story = Story()
    db = statefulset(replicas=3)
    db["spec"]["podManagementPolicy"] = "Parallel"
    db = story.create(db, "kubectl-create")
    story.wait(60)
    one = story.create(pod(db, "db-0", ""), KCM)
    trace = story.trace(db)
    assert trace.diagnosis is None
    assert trace.waiting_since == story.last(one).at


@pytest.mark.parametrize(("policy", "holder"), [("Failed", "kubelet"), (None, "job-controller")])
def test_a_job_that_replaces_failed_pods_alone_waits_for_the_one_that_stops(
    policy: str | None, holder: str
) -> None:
    story = Story()
    once = job(podReplacementPolicy=policy) if policy else job()
    once = story.create(once, "kubectl-create")
    one = story.create(pod(once, "once-a"), KCM)
    story.mark(one, 30)
    assert story.trace(once).holder == holder


def test_a_replicaset_that_is_to_go_holds_its_deployment() -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    story.change(rs, {"metadata": {"finalizers": ["example.com/held"]}}, "kubectl-patch")
    story.mark(rs, finalizers=["example.com/held"])
    trace = story.trace(web)
    assert trace.holder == "custom-controller"
    assert "ReplicaSet web-1 to be removed" in trace.waiting_for


def test_a_name_that_is_still_taken_is_no_refusal() -> None:
    story = Story("Pod")
    db = story.create(statefulset(replicas=1), "kubectl-create")
    taken = (
        "create Pod db-0 in StatefulSet db failed error: object is being deleted: "
        'pods "db-0" already exists'
    )
    story.tell(db, "FailedCreate", taken, "statefulset-controller")
    trace = story.trace(db)
    assert (trace.state, trace.diagnosis) == ("running", None)
    assert trace.waiting_for == "1 Pod of StatefulSet db to be created"
