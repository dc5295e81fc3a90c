"""Whose turn it is with a custom resource: its controller's, or a person's; and who was seen."""

import pytest

from eventstream.kinds import taught
from tests.explain.stories import Json, Story, stamp
from tests.explain.things import condition, definition, thing, website

READY = condition("Ready", "True")


def told(story: Story, what: Json) -> tuple[str, str | None, str | None]:
    trace = story.trace(what)
    return trace.state, trace.holder, trace.diagnosis


def test_a_status_of_nobodys_name_is_a_controllers_answer() -> None:
    """As in a recording that was made without managedFields."""
    story = Story()
    site = story.create(website())
    story.change(site, {"status": {"conditions": [READY]}})
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("complete", None, None)


def test_an_answer_counts_after_the_trace_that_it_is_in_was_overtaken_and_settled() -> None:
    """Without managedFields a status that came after an edit is told with the creation."""
    story = Story()
    site = story.create(website())
    story.wait(1)
    story.change(site, {"spec": {"size": 2}})
    story.wait(1)
    story.change(site, {"status": {"conditions": [condition("Ready", "False", "Waiting")]}})
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "custom-controller", "not-ready")


def test_what_is_to_rest_waits_for_a_person_before_anybody_reported_on_it() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(spec={"paused": True}), "kubectl-create")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "client", "paused")


@pytest.mark.parametrize("again", [False, True])
def test_what_is_put_to_rest_is_left_alone_whatever_is_changed_in_it_meanwhile(again: bool) -> None:
    """Its controller answers neither the suspension nor an edit after that."""
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.change(site, {"status": {"conditions": [READY]}}, "site-operator", sub="status")
    story.wait(60)
    story.change(site, {"spec": {"suspend": True}}, "flux")
    if again:
        story.wait(60)
        story.change(site, {"spec": {"suspend": True, "size": 3}}, "kubectl-edit")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "client", "paused")


@pytest.mark.parametrize(("type_", "code"), [("Normal", None), ("Warning", "not-ready")])
def test_an_event_answers_a_change_of_what_says_already_that_all_is_well(
    type_: str, code: str | None
) -> None:
    """As an ingress controller's does, whose status says no more than that it is valid."""
    story = Story()
    story.exists(definition())
    site = story.exists(website(status={"state": "Valid"}))
    story.wait(60)
    story.change(site, {"spec": {"size": 2}}, "kubectl-edit")
    story.wait(5)
    story.tell(site, "AddedOrUpdated", "it was updated", "site-operator", type=type_)
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site)[2] == code


def test_what_is_resumed_waits_for_its_controller() -> None:
    story = Story()
    story.exists(definition())
    site = story.exists(website(spec={"suspend": True}, status={"conditions": [READY]}))
    story.change(site, {"spec": {"suspend": False}}, "flux")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "custom-controller", "no-controller")


@pytest.mark.parametrize(
    ("group", "kind"),
    [("networking.istio.io/v1", "VirtualService"), ("monitoring.coreos.com/v1", "PrometheusRule")],
)
def test_what_others_only_read_waits_for_nobody_when_it_is_changed(group: str, kind: str) -> None:
    story = Story(judge=taught.judge())
    rule = story.exists(thing(kind, "web", group, spec={"size": 1}))
    story.wait(60)
    story.change(rule, {"spec": {"size": 2}}, "kubectl-edit")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, rule) == ("complete", None, None)


def test_who_made_a_run_and_reports_on_it_as_part_of_the_object_is_its_controller() -> None:
    """One entry has its spec and its status, as of a type without a status apart."""
    story = Story()
    site = story.create(website(), "run-controller")
    story.wait(1)
    entry = site["metadata"]["managedFields"][0]
    entry["time"] = stamp(story.at)
    entry["fieldsV1"]["f:status"] = {"f:phase": {}, "f:message": {}}
    story.change(site, {"status": {"phase": "Failed", "message": "no metric"}})
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "custom-controller", "not-ready")
    assert story.last(site).actor == "custom-controller"


@pytest.mark.parametrize("by", ["site-operator", ""])
def test_a_finalizer_or_an_event_shows_that_its_controller_is_there(by: str) -> None:
    story = Story()
    story.exists(definition())
    sites = [story.create(website(name), "kubectl-create") for name in ("one", "two", "three")]
    story.wait(1)
    story.change(sites[0], {"metadata": {"finalizers": ["example.com/cleanup"]}}, by)
    story.tell(sites[1], "Provisioning", "asks the cloud for it", "site-operator")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    codes = [told(story, site)[2] for site in sites]
    assert codes == ["not-ready", "not-ready", "no-controller"]
    assert "its finalizer example.com/cleanup" in story.trace(sites[0]).summary


def test_neither_a_clients_finalizer_nor_an_event_of_before_shows_that_a_controller_is_there() -> (
    None
):
    story = Story()
    story.exists(definition())
    sites = [story.exists(website(name)) for name in ("one", "two")]
    early = stamp(story.at)
    story.wait(60)
    edit = {"metadata": {"finalizers": ["example.com/cleanup"]}, "spec": {"size": 2}}
    story.change(sites[0], edit, "kubectl-edit")
    story.change(sites[1], {"spec": {"size": 2}}, "kubectl-edit")
    story.tell(sites[1], "Provisioned", "it is there", "site-operator", lastTimestamp=early)
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert [told(story, site)[2] for site in sites] == ["no-controller", "no-controller"]


@pytest.mark.parametrize(
    ("told_by", "code"),
    [("site-operator", "not-ready"), ("", "no-controller"), ("kyverno-scan", "no-controller"),
     ("cert-manager-gateway-shim", "no-controller")],
)  # fmt: skip
def test_who_tells_of_it_is_there_though_its_status_is_of_no_generation(
    told_by: str, code: str
) -> None:
    """As of a controller whose status the API server refuses; not who tells of any object."""
    story = Story()
    story.exists(definition())
    site = story.create(website(status={"observedGeneration": -1}), "kubectl-create")
    story.wait(5)
    if told_by:
        story.tell(site, "FirstSeen", "first seen", told_by)
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site)[2] == code
    assert ("Perhaps none is running" in story.trace(site).summary) == (code == "no-controller")


@pytest.mark.parametrize("managed", [True, False])
@pytest.mark.parametrize(("reports", "code"), [(True, "not-ready"), (False, "no-controller")])
def test_who_reports_is_there_though_what_it_reports_is_of_an_older_generation(
    reports: bool, code: str, managed: bool
) -> None:
    """As where the generation is written with what did well alone."""
    who = ("kubectl-edit", "site-operator") if managed else ("", "")
    story = Story()
    story.exists(definition())
    site = story.exists(website(status={"observedGeneration": 1}))
    story.wait(60)
    story.change(site, {"spec": {"size": 2}}, who[0])
    story.wait(5)
    status = {"retries": 3} if reports else {}
    if status:
        story.change(site, {"status": status}, who[1], sub="status")
        story.wait(5)
    story.change(site, {"metadata": {"labels": {"seen": "yes"}}}, who[0])
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    traces = story.told().traces.values()
    assert {trace.diagnosis for trace in traces} - {None} == {code}


def test_a_label_asks_nothing_of_what_says_how_it_stands() -> None:
    story = Story()
    story.exists(definition())
    site = story.exists(website(status={"conditions": [READY]}))
    story.wait(60)
    story.change(site, {"metadata": {"labels": {"team": "a"}}}, "kubectl-label")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("complete", None, None)
    says = "Website shopfront stands as it did. Its condition Ready is True."
    assert story.trace(site).summary == says


def test_without_room_for_a_status_each_report_is_a_generation() -> None:
    story = Story()
    type_ = definition()
    type_["spec"]["versions"] = [{"name": "v1"}]
    story.exists(type_)
    site = story.create(website(), "kubectl-create")
    story.wait(1)
    site["metadata"]["generation"] = 2
    story.change(site, {"status": {"observedGeneration": 1, "conditions": [READY]}})
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("unknown", None, None)


@pytest.mark.parametrize("own", [True, False])
def test_only_what_stands_in_its_status_is_told_as_its_own_word(own: bool) -> None:
    """Beside the Pod that finds no node, of which its rule says in words of its own."""
    story = Story(judge=taught.judge())
    pods = thing("StrimziPodSet", "pods", "core.strimzi.io/v1beta2", spec={})
    story.create(pods, "kubectl-create")
    said = {"pods": 3, "readyPods": 1} | ({"note": "1 of 3 Pods are ready"} if own else {})
    story.change(pods, {"status": said}, "strimzi", sub="status")
    pod = thing("Pod", "pods-0", "v1", pods, spec={"containers": [{"name": "kafka"}]})
    story.create(pod, "strimzi")
    unfit = condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")
    status = {"phase": "Pending", "conditions": [unfit]}
    story.change(pod, {"status": status}, "kube-scheduler", sub="status")
    assert ("itself says" in story.trace(pods).summary) is own


@pytest.mark.parametrize(
    ("printed", "holder", "diagnosis"),
    [("Stopped", "client", "paused"), ("Starting", "custom-controller", None)],
)
def test_whether_a_shut_down_machine_is_started_again_is_for_the_machine_to_say(
    printed: str, holder: str, diagnosis: str | None
) -> None:
    story = Story(judge=taught.judge())
    machine = thing("VirtualMachine", "a", "kubevirt.io/v1", spec={"runStrategy": "Always"})
    story.create(machine, "kubectl-create")
    instance = thing("VirtualMachineInstance", "a", "kubevirt.io/v1", machine, spec={})
    story.create(instance, "virt-controller")
    story.change(instance, {"status": {"phase": "Succeeded"}}, "virt-controller", sub="status")
    story.change(machine, {"status": {"printableStatus": printed}}, "virt-controller", sub="status")
    trace = story.trace(machine)
    assert (trace.holder, trace.diagnosis) == (holder, diagnosis)
    assert trace.waiting_for is not None
    assert trace.waiting_for.startswith("VirtualMachine a to be ")


def test_a_change_of_nobodys_name_in_what_it_asks_for_is_no_answer() -> None:
    story = Story()
    site = story.create(website())
    story.change(site, {"metadata": {"labels": {"seen": "yes"}}})
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "custom-controller", "no-controller")


@pytest.mark.parametrize(
    ("reason", "status", "holder", "told_so"),
    [
        ("RolloutAborted", {"abort": True}, "client", False),
        ("RolloutAborted", {}, "client", False),
        ("ProgressDeadlineExceeded", {}, "custom-controller", True),
    ],
)
def test_what_was_aborted_waits_for_a_person_and_did_not_time_out(
    reason: str, status: Json, holder: str, told_so: bool
) -> None:
    story = Story(judge=taught.judge())
    web = thing("Rollout", "web", "argoproj.io/v1alpha1", spec={"replicas": 1})
    story.create(web, "kubectl-create")
    said = condition("Progressing", "False", reason, "metric success-rate assessed Failed")
    story.change(web, {"status": status | {"conditions": [said]}}, "rollouts", sub="status")
    assert told(story, web) == ("stalled", holder, "not-ready")
    assert ("timed out progressing" in story.trace(web).summary) is told_so
    assert "metric success-rate assessed Failed" in story.trace(web).summary


@pytest.mark.parametrize(
    ("status", "holder"),
    [
        ({"conditions": [condition("Succeeded", "False", "Failed", "step 1 failed")]}, "client"),
        ({"phase": "Failed"}, "client"),
        ({"conditions": [condition("Ready", "False", "Failed", "no")]}, "custom-controller"),
    ],
)
def test_a_run_that_has_failed_is_not_tried_again_by_itself(status: Json, holder: str) -> None:
    story = Story()
    run = story.create(thing("TestRun", "one", "example.com/v1", spec={}), "kubectl-create")
    story.change(run, {"status": status}, "test-operator", sub="status")
    assert told(story, run) == ("stalled", holder, "not-ready")


def test_a_type_that_is_to_go_waits_for_what_holds_its_objects() -> None:
    story = Story()
    type_ = story.exists(definition())
    site = story.exists(website())
    story.mark(type_, finalizers=["customresourcecleanup.apiextensions.k8s.io"])
    story.mark(site, finalizers=["example.com/cleanup"])
    story.wait(120)
    story.exists(thing("Namespace", "other"))
    trace = story.trace(type_)
    assert told(story, type_) == ("stalled", "custom-controller", "finalizer-stuck")
    assert trace.holder_name == "example.com/cleanup"
    assert "Website shopfront to be removed" in trace.summary
    story.delete(site)
    assert story.trace(type_).holder == "api-server"
    story.delete(type_)
    assert told(story, type_) == ("complete", None, None)


@pytest.mark.parametrize(
    ("version", "state", "says"),
    [
        ({"name": "v1"}, "unknown", "It has no status, and it owns nothing that would tell."),
        ({"name": "v1", "subresources": {"status": {}}}, "stalled", "Perhaps none is running"),
    ],
)
def test_what_has_no_room_for_a_status_waits_for_nobody(
    version: Json, state: str, says: str
) -> None:
    story = Story()
    type_ = definition()
    type_["spec"]["versions"] = [version]
    story.exists(type_)
    site = story.create(website(), "kubectl-create")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    trace = story.trace(site)
    assert trace.state == state
    assert says in trace.summary


def test_what_has_no_room_but_a_status_all_the_same_is_waited_for() -> None:
    story = Story()
    type_ = definition()
    type_["spec"]["versions"] = [{"name": "v1"}]
    story.exists(type_)
    story.exists(website("first", status={"conditions": [READY]}))
    site = story.create(website(), "kubectl-create")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, site) == ("stalled", "custom-controller", "no-controller")


@pytest.mark.parametrize(
    ("spec", "labels", "holder"),
    [
        ({"suspend": True}, {"kueue.x-k8s.io/queue-name": "team"}, "custom-controller"),
        (
            {"runPolicy": {"suspend": True}},
            {"kueue.x-k8s.io/queue-name": "team"},
            "custom-controller",
        ),
        ({"suspend": True}, {}, "client"),
    ],
)
def test_what_waits_in_a_queue_of_kueue_is_resumed_by_it(
    spec: Json, labels: Json, holder: str
) -> None:
    story = Story()
    own = thing("TrainJob", "one", "example.com/v1", spec=spec, metadata={"labels": labels})
    story.create(own, "kubectl-create")
    conditions = [condition("Created", "True"), condition("Suspended", "True")]
    story.change(own, {"status": {"conditions": conditions}}, "train", sub="status")
    assert told(story, own) == ("stalled", holder, "paused")
    assert ("once queue team admits it" in story.trace(own).summary) is bool(labels)


@pytest.mark.parametrize("since", [-60, 5])
def test_what_one_says_since_it_is_to_go_is_told_beside_its_finalizer(since: int) -> None:
    story = Story()
    held = {"finalizers": ["example.com/cleanup"]}
    site = story.create(website(metadata=held), "kubectl-create")
    story.mark(site)
    said = condition("Ready", "False", "DeleteFailed", "deletion protection is enabled")
    said["lastTransitionTime"] = stamp(story.at + since)
    story.change(site, {"status": {"conditions": [said]}}, "websites", sub="status")
    story.wait(90)
    story.exists(thing("Namespace", "other"))
    trace = story.trace(site)
    assert (trace.state, trace.diagnosis) == ("stalled", "finalizer-stuck")
    told = "example.com/cleanup (it says: deletion protection is enabled)."
    assert trace.summary.endswith(told) is (since > 0)
