"""What a custom resource waits for is told by what is stuck below it, or by what it refers to."""

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from tests.explain.flow import connected
from tests.explain.operated import CHAINS, Operated, made_for, says
from tests.explain.stories import Json
from tests.explain.tapes import Result
from tests.explain.things import condition, deployment, owned_by, pod, thing

LATE = 300.0
NO_IMAGE = "cannot get image nginx:1: the registry has no such image (ErrImagePull)."
STUCK = {
    "cert_manager": (
        "Challenge web-1-7-9 to be done (status.state is pending): Waiting for HTTP-01 challenge "
        "propagation: wrong status code '404', expected '200'. Certificate web itself says: "
        "Issuing certificate as Secret does not exist."
    ),
    "flux_applies": (
        f"Pod web-1-x {NO_IMAGE} Kustomization apps itself says: timeout waiting for: "
        "[Deployment/shop/web status: 'InProgress']."
    ),
    "argo_applies": f"Pod web-1-x {NO_IMAGE}",
    "flux_kustomization": (
        "GitRepository podinfo is not as asked for: condition Ready is False. It says: failed to "
        "checkout and determine revision: authentication required. Kustomization apps itself "
        "says: Source artifact not found, retrying in 30s."
    ),
    "flux_release": (
        "HelmRepository charts is not as asked for: condition Ready is False. It says: failed to "
        "fetch Helm repository index: no such host. HelmRelease web itself says: HelmChart "
        "'shop/shop-web' is not ready: it has not been reconciled."
    ),
    "tekton": (
        f"Pod build-compile-pod {NO_IMAGE} PipelineRun build itself says: Tasks Completed: 0."
    ),
    "knative": f"Pod hello-1-a-x {NO_IMAGE} Service hello itself says: no Revision yet.",
    "crossplane": (
        "RDSInstance orders-x-db is not as asked for: condition Synced is False: create "
        "failed: cannot create RDS instance: AccessDenied. Database orders itself says: Composite "
        "resource claim is waiting for composite resource to become Ready."
    ),
    "strimzi": (
        f"Pod events-broker-0 {NO_IMAGE} Kafka events itself says: Kafka cluster is being deployed."
    ),
    "jobset": f"Pod train-w-0-x {NO_IMAGE}",
    "rollout": (
        f"Pod web-1-x {NO_IMAGE} Rollout web itself says: more replicas need to be updated."
    ),
    "cluster_api": (
        "AWSMachine east-a is not as asked for: condition Ready is False. It says: failed to run "
        "instance: VcpuLimitExceeded. Cluster east itself says: * ControlPlaneAvailable: waits."
    ),
    "kueue": (
        "Job train is suspended, and Kueue is to resume it once queue own admits it: ClusterQueue "
        "team is inactive."
    ),
}


def judged(flow: Operated, root: Json, after: float) -> Trace:
    """The newest trace of the object, so many seconds after its last write."""
    engine, result = Engine("cluster"), Result()
    for shown in flow.shown:
        result.take(engine.apply(shown))
    result.take(engine.tick(flow.at + after))
    own = [t for t in result.traces.values() if t.root.uid == root["metadata"]["uid"]]
    return max(own, key=lambda trace: (not trace.existing, trace.started))


@pytest.mark.parametrize("name", CHAINS)
def test_the_deepest_trouble_is_told_with_the_resources_own_word(name: str) -> None:
    flow = Operated()
    trace = judged(flow, CHAINS[name](flow), LATE)
    assert trace.state == "stalled"
    assert trace.summary.endswith(STUCK[name])


@pytest.mark.parametrize("name", CHAINS)
def test_each_step_of_an_operator_is_its_own_and_follows_from_its_cause(name: str) -> None:
    flow = Operated()
    CHAINS[name](flow)
    wrong, unknown, missing = flow.judged(flow.shown)
    assert ([step.what for step in wrong], [step.what for step in unknown], missing) == ([], [], 0)
    assert connected(flow.told()) == []


def test_two_that_wait_for_each_other_are_told_once_each() -> None:
    flow = Operated()
    api = "kustomize.toolkit.fluxcd.io/v1"
    names = ("a", "b")
    both = [
        flow.client().create(
            thing("Kustomization", one, api, spec={"dependsOn": [{"name": other}]})
        )
        for one, other in (names, names[::-1])
    ]
    for one, other in zip(both, names[::-1], strict=True):
        waits = condition("Ready", "False", "DependencyNotReady", f"{other} is not ready")
        says(flow.controller("gotk-kustomize-controller"), one, waits, observedGeneration=1)
    trace = judged(flow, both[0], 1.0)
    assert trace.state == "running"
    assert "Kustomization b to become Ready: a is not ready" in trace.summary


def test_a_service_that_nobody_asks_is_complete_at_no_pods() -> None:
    flow = Operated()
    api, scaling = "serving.knative.dev/v1", "autoscaling.internal.knative.dev/v1alpha1"
    revision = flow.client().create(thing("Revision", "hello-1", api, spec={}))
    controller = flow.controller("controller")
    web = deployment("hello-1", 0)
    web["metadata"]["ownerReferences"] = [owned_by(revision)]
    controller.create(web)
    flow.hand("deployment-controller").report(web, observedGeneration=1)
    scaler = controller.create(made_for(revision, "PodAutoscaler", "hello-1", scaling, spec={}))
    idle = condition("Active", "False", "NoTraffic", "The target is not receiving traffic.")
    autoscaler = flow.controller("autoscaler")
    says(autoscaler, scaler, idle, condition("Ready", "False", "NoTraffic"), observedGeneration=1)
    says(controller, revision, condition("Ready", "True"), idle, observedGeneration=1)
    assert judged(flow, revision, LATE).state == "complete"


@pytest.mark.parametrize(
    ("kind", "api", "status"),
    [
        (
            "PipelineRun",
            "tekton.dev/v1",
            {"conditions": [condition("Succeeded", "Unknown", "Running")]},
        ),
        ("Workflow", "argoproj.io/v1alpha1", {"phase": "Running"}),
        ("JobSet", "jobset.x-k8s.io/v1alpha2", {"replicatedJobsStatus": [{"name": "w"}]}),
        ("Backup", "velero.io/v1", {"phase": "InProgress"}),
        ("SparkRun", "example.com/v1", {"phase": "Running"}),
    ],
)
def test_work_of_any_length_raises_no_alarm(kind: str, api: str, status: Json) -> None:
    flow = Operated()
    run = flow.client().create(thing(kind, "long", api, spec={}))
    flow.controller("its-controller").report(run, **status)
    assert judged(flow, run, 7200.0).state == "running"


def test_what_takes_its_time_by_its_kinds_file_is_late_after_that() -> None:
    flow = Operated()
    machine = flow.client().create(thing("Machine", "a", "cluster.x-k8s.io/v1beta2", spec={}))
    waits = condition("Ready", "False", "NotReady", "* InfrastructureReady: waits")
    says(flow.controller("capi-manager"), machine, waits, observedGeneration=1)
    assert judged(flow, machine, 600.0).state == "running"
    assert judged(flow, machine, 1500.0).state == "stalled"


def test_what_failed_on_the_way_does_not_count_once_a_run_has_succeeded() -> None:
    flow = Operated()
    run = flow.client().create(thing("Workflow", "etl", "argoproj.io/v1alpha1", spec={}))
    controller = flow.controller("workflow-controller")
    first = controller.create(pod(run, "etl-1", ""))
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    flow.hand("kubelet", "kubelet").report(
        first, phase="Failed", containerStatuses=[{"name": "c", "state": ended}]
    )
    controller.report(run, phase="Running")
    assert judged(flow, run, 1.0).state == "stalled"
    controller.report(run, phase="Succeeded")
    assert judged(flow, run, LATE).state == "complete"


def test_a_rollout_goes_on_with_its_replica_set() -> None:
    flow = Operated()
    made = flow.client().create(
        thing("Rollout", "web", "argoproj.io/v1alpha1", spec={"replicas": 1})
    )
    controller = flow.controller("rollouts-controller")
    controller.report(made, observedGeneration="1", phase="Paused", controllerPause=True)
    trace = judged(flow, made, 1.0)
    assert (trace.state, trace.holder) == ("running", "custom-controller")
    assert "it is to go on after its pause" in trace.summary


def test_what_is_applied_long_after_it_was_asked_for_begins_a_trace_of_its_own() -> None:
    flow = Operated()
    CHAINS["argo_applies"](flow)
    [web] = [thing for thing in flow.told().of("Deployment") if thing.verb == "create"]
    assert (web.actor, web.actor_name) == ("custom-controller", "argocd-controller")
    assert web.cause is None
    assert "for Application shop" in web.what
    assert (
        "it is marked as applied for Application shop, as argocd-controller marks what it applies; "
        "the mark names no namespace, and argocd is a usual one"
    ) in [piece.text for piece in web.evidence]
    assert flow.told().traces[web.trace].root_step == web.id


def test_of_two_applications_of_a_name_none_is_said_to_be_meant() -> None:
    flow = Operated()
    twin = thing("Application", "shop", "argoproj.io/v1alpha1", spec={"destination": {}})
    twin["metadata"] |= {"namespace": "openshift-gitops", "uid": "uid-twin"}
    flow.client().create(twin)
    CHAINS["argo_applies"](flow)
    [web] = [thing for thing in flow.told().of("Deployment") if thing.verb == "create"]
    assert "Application" not in web.what


def test_what_is_applied_at_once_follows_from_the_request() -> None:
    flow = Operated()
    CHAINS["flux_release"](flow)
    told = flow.told()
    [chart] = [thing for thing in told.of("HelmChart") if thing.verb == "create"]
    assert chart.cause is not None
    assert told.steps[chart.cause].object.kind == "HelmRelease"


def test_what_does_not_come_up_is_told_though_who_applied_it_is_done() -> None:
    flow = Operated()
    root = CHAINS["flux_applies"](flow)
    ready = condition("Ready", "True", "ReconciliationSucceeded") | {"observedGeneration": 1}
    says(flow.controller("gotk-kustomize-controller"), root, ready, observedGeneration=1)
    assert judged(flow, root, LATE).state == "complete"
    [web] = [trace for trace in flow.told().traces.values() if trace.root.kind == "Deployment"]
    assert (web.state, web.diagnosis) == ("stalled", "image-not-found")


@pytest.mark.parametrize(
    ("manager", "namespace"),
    [("kubectl-client-side-apply", "shop"), ("ci", "shop"), ("kustomize-controller", "elsewhere")],
)
def test_a_mark_alone_or_a_name_alone_is_no_evidence(manager: str, namespace: str) -> None:
    flow = Operated()
    api, mark = "kustomize.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io"
    flow.client("flux").create(thing("Kustomization", "apps", api, spec={}))
    web = deployment("web", 1)
    web["metadata"]["labels"] = {f"{mark}/name": "apps", f"{mark}/namespace": namespace}
    flow.client(manager).create(web)
    [step] = flow.told().of("Deployment")
    assert (step.actor, step.actor_name) == ("client", manager)


def test_an_owner_that_its_own_controller_names_is_a_clients_where_nobody_looks_after_it() -> None:
    flow = Operated()
    api = "example.org/v1"
    once = flow.client().create(thing("Job", "once", "batch/v1", spec={}))
    flow.client("script").create(made_for(once, "Ticket", "one", api, spec={}))
    [step] = flow.told().of("Ticket")
    assert step.actor in ("client", "unknown")


def test_a_subscription_is_complete_with_what_it_installed() -> None:
    flow = Operated()
    api = "operators.coreos.com/v1alpha1"
    etcd = flow.client().create(thing("Subscription", "etcd", api, spec={"name": "etcd"}))
    version = flow.client().create(thing("ClusterServiceVersion", "etcd.v1", api, spec={}))
    operator = flow.controller("olm")
    operator.report(version, phase="Failed", message="install timeout")
    flow.controller("catalog").report(etcd, state="AtLatestKnown", installedCSV="etcd.v1")
    trace = judged(flow, etcd, 1.0)
    assert trace.state == "stalled"
    assert "ClusterServiceVersion etcd.v1 is not as asked for" in trace.summary
    assert "install timeout" in trace.summary
    operator.report(version, phase="Succeeded", message="install strategy completed")
    assert judged(flow, etcd, 1.0).state == "complete"
