"""Who deleted what: from Kubernetes' own ways of deleting, each told as the API shows it."""

from tests.explain.stories import KCM, Json, Story
from tests.explain.things import (
    POD_FINALIZER,
    condition,
    daemonset,
    definition,
    deployment,
    job,
    node,
    pod,
    replicaset,
    revision,
    statefulset,
    thing,
    website,
)


def owned(story: Story, replicas: int = 1) -> tuple[Json, Json, Json]:
    """A Deployment with one ReplicaSet and one Pod that runs, all there before."""
    web = story.exists(deployment(replicas=replicas))
    rs = story.exists(replicaset(web, replicas=replicas))
    return web, rs, story.exists(pod(rs))


def namespace(story: Story) -> Json:
    return story.exists(
        thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    )


def actors(story: Story, *things: Json) -> list[str]:
    return [story.last(found).actor for found in things]


def test_background_a_client_deletes_and_the_collector_follows() -> None:
    story = Story()
    web, rs, web_pod = owned(story)
    story.delete(web)
    story.delete(rs)
    story.mark(web_pod, 30)
    marked = story.last(web_pod)
    story.stop(web_pod)
    assert actors(story, web, rs) == ["client", "garbage-collector"]
    assert marked.actor == "garbage-collector"
    assert marked.what == (
        "The garbage collector asked the API server to delete Pod web-1-a, "
        "leaving it 30 seconds to stop."
    )
    assert [story.step(web_pod, n).actor for n in (1, 2, 3)] == ["kubelet"] * 3


def test_foreground_the_owner_waits_for_what_it_owns() -> None:
    story = Story()
    web, rs, web_pod = owned(story)
    story.mark(web, finalizers=["foregroundDeletion"])
    story.mark(rs, finalizers=["foregroundDeletion"])
    story.mark(web_pod, 30)
    story.stop(web_pod)
    story.delete(rs)
    story.delete(web)
    assert [story.step(web, n).actor for n in (0, 1)] == ["client", "garbage-collector"]
    assert [story.step(rs, n).actor for n in (0, 1)] == ["garbage-collector"] * 2
    assert story.step(web_pod, 0).actor == "garbage-collector"
    [trace] = {step.trace for step in story.told().steps.values()}
    assert story.told().traces[trace].state == "complete"


def test_orphan_the_collector_takes_the_references_away() -> None:
    story = Story()
    web, rs, _ = owned(story)
    story.change(rs, {}, KCM)
    story.mark(web, finalizers=["orphan"])
    story.change(rs, {"metadata": {"ownerReferences": []}})
    orphaned = story.last(rs)
    story.delete(web)
    assert (orphaned.actor, orphaned.rule) == ("garbage-collector", "orphaned")
    assert actors(story, web) == ["garbage-collector"]
    again = story.create(deployment("web") | {"metadata": {"name": "web", "uid": "new"}}, "kubectl")
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "new"}
    story.change(rs, {"metadata": {"ownerReferences": [reference | {"controller": True}]}}, KCM)
    adopted = story.last(rs)
    assert (adopted.actor, adopted.rule) == ("deployment-controller", "adopted")
    assert adopted.causes == (story.last(again).id,)


def test_a_relabelled_pod_is_released_and_the_adopted_one_counts() -> None:
    story = Story()
    rs = story.exists(replicaset(None, "web-1", 1))
    mine = story.exists(pod(rs))
    story.change(mine, {"metadata": {"labels": {"app": "other"}}}, "kubectl-label")
    story.change(mine, {"metadata": {"ownerReferences": []}})
    assert (story.last(mine).actor, story.last(mine).rule) == ("replicaset-controller", "released")
    made = story.create(pod(rs, "web-1-b", ""), KCM)
    assert "compared 1 desired Pod with 0 that exist" in story.last(made).what


def test_a_deleted_namespace_is_emptied_by_its_controller() -> None:
    story = Story()
    space = namespace(story)
    web, rs, web_pod = owned(story)
    claim = story.exists(
        thing(
            "PersistentVolumeClaim",
            "db",
            metadata={"finalizers": ["kubernetes.io/pvc-protection"]},
        )
    )
    space["status"]["phase"] = "Terminating"
    story.mark(space)
    story.mark(web_pod, 30)
    story.mark(claim, finalizers=["kubernetes.io/pvc-protection"])
    story.stop(web_pod)
    story.delete(web)
    story.delete(rs)
    story.delete(claim)
    story.delete(space)
    assert story.step(space, 0).actor == "client"
    assert story.step(web_pod, 0).actor == "namespace-controller"
    assert actors(story, web_pod, web) == ["kubelet", "namespace-controller"]
    assert story.last(rs).actor == "unknown"
    assert "or the garbage collector" in story.last(rs).why
    assert story.step(claim, 0).actor == "namespace-controller"
    assert actors(story, claim, space) == ["pvc-protection-controller", "namespace-controller"]
    assert len({step.trace for step in story.told().steps.values()}) == 1


def test_a_deleted_type_takes_its_objects_with_it() -> None:
    story = Story()
    crd = story.exists(definition())
    site = story.exists(website())
    story.mark(crd, finalizers=["customresourcecleanup.apiextensions.k8s.io"])
    story.delete(site)
    story.delete(crd)
    assert [story.step(crd, n).actor for n in (0, 1)] == ["client", "api-server"]
    assert actors(story, site) == ["api-server"]


def test_an_eviction_is_a_clients_and_begins_one_trace() -> None:
    story = Story("Event", "Node")
    _, _, web_pod = owned(story)
    said = condition("DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting")
    story.change(web_pod, {"status": {"conditions": [condition("Ready", "True"), said]}})
    story.mark(web_pod, 30)
    announced, marked = story.step(web_pod, 0), story.step(web_pod, 1)
    assert [(s.actor, s.verb, s.subresource) for s in (announced, marked)] == [
        ("client", "evict", "eviction")
    ] * 2
    assert marked.cause == announced.id
    assert marked.trace == announced.trace
    assert "Eviction API: evicting" in announced.why
    assert story.trace(web_pod).cause == "evicted by a client"
    assert story.trace(web_pod).state == "running"
    story.stop(web_pod)
    assert story.trace(web_pod).holder == "replicaset-controller"


def test_a_tainted_node_loses_its_pods_to_the_taint_eviction_controller() -> None:
    story = Story()
    host = story.exists(node())
    _, _, web_pod = owned(story)
    taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown")
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    story.change(host, {"spec": {"taints": [taint]}}, KCM)
    lost = condition("Ready", "False")
    story.change(web_pod, {"status": {"conditions": [lost]}}, KCM, sub="status")
    said = condition(
        "DisruptionTarget", "True", "DeletionByTaintManager", "Taint manager: deleting"
    )
    story.change(web_pod, {"status": {"conditions": [lost, said]}}, KCM, sub="status")
    story.mark(web_pod, 30)
    assert [story.step(host, n).actor for n in (0, 1)] == ["node-lifecycle-controller"] * 2
    assert [story.step(web_pod, n).actor for n in (0, 1, 2)] == [
        "node-lifecycle-controller",
        "taint-eviction-controller",
        "taint-eviction-controller",
    ]
    assert story.step(web_pod, 1).cause == story.last(host).id


def test_a_pod_whose_node_is_gone_is_collected() -> None:
    story = Story()
    host = story.exists(node())
    _, _, web_pod = owned(story)
    story.mark(web_pod, 30)
    story.delete(host)
    said = condition("DisruptionTarget", "True", "DeletionByPodGC", "PodGC: node no longer exists")
    story.change(web_pod, {"status": {"phase": "Failed", "conditions": [said]}}, KCM, sub="status")
    web_pod["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(web_pod, {})
    story.delete(web_pod)
    assert actors(story, host) == ["client"]
    assert [story.step(web_pod, n).actor for n in (1, 2, 3)] == ["pod-garbage-collector"] * 3


def test_what_still_ran_was_forced_away_by_a_client() -> None:
    story = Story()
    _, _, web_pod = owned(story)
    story.mark(web_pod, 30)
    web_pod["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(web_pod, {})
    story.delete(web_pod)
    assert [story.step(web_pod, n).actor for n in range(3)] == ["client"] * 3
    at_once = story.exists(pod(None, "bare"))
    story.mark(at_once, 0)
    story.delete(at_once)
    assert [story.step(at_once, n).actor for n in range(2)] == ["client"] * 2


def test_a_node_that_answers_has_not_removed_what_it_did_not_report_ended() -> None:
    story = Story()
    story.exists(node())
    _, _, web_pod = owned(story)
    story.mark(web_pod, 30)
    web_pod["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(web_pod, {})
    story.delete(web_pod)
    assert [story.step(web_pod, n).actor for n in range(3)] == ["client"] * 3
    assert story.last(web_pod).why.startswith("It was forced: a kubelet reports that a Pod ended")


def test_a_pod_that_preemption_takes_is_the_schedulers() -> None:
    story = Story()
    _, _, victim = owned(story)
    urgent = story.create(pod(None, "urgent", ""), "kubectl-create")
    said = condition("DisruptionTarget", "True", "PreemptionByScheduler", "preempting")
    story.change(victim, {"status": {"conditions": [said]}}, "kube-scheduler", sub="status")
    story.mark(victim, 30)
    story.change(
        urgent, {"status": {"nominatedNodeName": "node-1"}}, "kube-scheduler", sub="status"
    )
    assert [story.step(victim, n).actor for n in (0, 1)] == ["scheduler"] * 2
    assert story.last(urgent).rule == "nominated"
    assert story.last(urgent).what == "The scheduler nominated node node-1 for Pod urgent."


def test_a_jobs_finalizer_is_the_job_controllers_even_at_the_very_end() -> None:
    story = Story()
    once = story.exists(job())
    work = story.exists(pod(once, "once-a", finalizers=[POD_FINALIZER]))
    story.delete(once)
    story.mark(work, 30, finalizers=[POD_FINALIZER])
    status = {"phase": "Failed", "containerStatuses": []}
    story.change(work, {"status": status}, "kubelet", sub="status")
    work["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(work, {})
    story.delete(work)
    assert [story.step(work, n).actor for n in range(4)] == [
        "garbage-collector",
        "kubelet",
        "kubelet",
        "job-controller",
    ]


def test_a_suspended_jobs_active_pods_go_and_finished_ones_do_not() -> None:
    story = Story()
    once = story.exists(job())
    active, done = story.exists(pod(once, "a")), story.exists(pod(once, "b"))
    done["status"]["phase"] = "Succeeded"
    story.change(done, {}, "kubelet", sub="status")
    story.change(once, {"spec": {"suspend": True}}, "kubectl-patch")
    story.mark(active, 30)
    story.delete(done)
    assert actors(story, active, done) == ["job-controller", "client"]


def test_a_finished_job_goes_when_its_time_to_live_has_passed() -> None:
    story = Story()
    once = job(ttlSecondsAfterFinished=10)
    finished = condition("Complete", "True")
    finished["lastTransitionTime"] = "2027-01-15T08:00:00Z"
    once["status"] = {"conditions": [finished]}
    story.exists(once)
    story.wait(11)
    story.mark(once, finalizers=["foregroundDeletion"])
    assert actors(story, once) == ["ttl-after-finished-controller"]
    story.delete(once)
    assert actors(story, once) == ["garbage-collector"]


def test_a_cronjobs_finished_job_is_deleted_by_whoever_says_so() -> None:
    story = Story()
    tick = story.exists(thing("CronJob", "tick", "batch/v1", spec={"schedule": "* * * * *"}))
    old, said = job("tick-1"), job("tick-2")
    for found in (old, said):
        found["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "name": "tick",
                "uid": tick["metadata"]["uid"],
                "controller": True,
            }
        ]
        found["status"] = {"conditions": [condition("Complete", "True")]}
        story.exists(found)
    story.delete(old)
    story.delete(said)
    story.tell(tick, "SuccessfulDelete", "Deleted job tick-2", "cronjob-controller")
    assert actors(story, old, said) == ["client", "cronjob-controller"]


def test_a_statefulset_replaces_the_pods_of_an_older_revision() -> None:
    story = Story()
    db = story.exists(statefulset())
    story.exists(revision(db, "db-old", 1))
    story.exists(revision(db, "db-new", 2))
    labels = {"controller-revision-hash": "db-old"}
    old, new = pod(db, "db-1", labels=labels), pod(db, "db-0")
    new["metadata"]["labels"] = {"controller-revision-hash": "db-new"}
    story.exists(old)
    story.exists(new)
    story.mark(old, 30)
    assert actors(story, old) == ["statefulset-controller"]
    story.create(pod(db, "db-1", "") | {"metadata": pod(db, "db-1", "", uid="x")["metadata"]}, KCM)
    story.mark(new, 30)
    assert actors(story, new) == ["client"]


def test_a_daemonset_replaces_the_pods_of_an_older_revision() -> None:
    story = Story()
    agent = story.exists(daemonset())
    story.exists(revision(agent, "agent-1", 1, "old"))
    story.exists(revision(agent, "agent-2", 2, "new"))
    old = story.exists(pod(agent, "agent-a", labels={"controller-revision-hash": "old"}))
    new = story.exists(pod(agent, "agent-b", labels={"controller-revision-hash": "new"}))
    story.tell(agent, "SuccessfulCreate", "Created pod: agent-b", "daemonset-controller")
    story.mark(old, 30)
    story.mark(new, 30)
    assert actors(story, old, new) == ["daemonset-controller", "client"]


def test_old_empty_replicasets_go_beyond_the_limit_and_no_others() -> None:
    story = Story()
    whole = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "observedGeneration": 1}
    web = story.exists(deployment(revisionHistoryLimit=1) | {"status": whole})
    kept = []
    for number, replicas in ((1, 0), (2, 0), (3, 2)):
        rs = replicaset(web, f"web-{number}", replicas)
        rs["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
        kept.append(story.exists(rs))
    story.delete(kept[0])
    story.delete(kept[1])
    assert actors(story, kept[0], kept[1]) == ["deployment-controller", "client"]


def test_what_a_custom_controller_made_may_be_deleted_by_it_or_by_a_client() -> None:
    story = Story()
    site = story.exists(website())
    child = story.create(pod(site, "shopfront-a"), "site-operator")
    story.mark(child, 30)
    assert story.step(child, 0).actor == "custom-controller"
    assert actors(story, child) == ["unknown"]
    assert "the custom controller of Website shopfront" in story.last(child).why


def test_an_owner_that_was_never_seen_leaves_the_deleter_open() -> None:
    story = Story()
    lonely = story.exists(pod(replicaset()))
    story.mark(lonely, 30)
    assert actors(story, lonely) == ["unknown"]


def test_a_job_that_has_ended_deletes_no_more_pods_by_itself() -> None:
    """It deletes those that still run before it reports that it has ended."""
    for ends, actor in ((["SuccessCriteriaMet"], "job-controller"), (ENDS, "client")):
        story = Story()
        once = story.create(job(), "kubectl-create")
        left = story.create(pod(once, "once-a"), KCM)
        told = {"conditions": [condition(name, "True") for name in ends]}
        story.change(once, {"status": told}, KCM, sub="status")
        story.mark(left, 30)
        assert actors(story, left) == [actor]


ENDS = ["SuccessCriteriaMet", "Complete"]


def test_claims_that_a_deleted_set_leaves_behind_are_let_go_by_the_collector() -> None:
    """whenDeleted: Delete had made them the StatefulSet's, and it is deleted in orphan mode."""
    story = Story()
    db = story.create(statefulset(), "kubectl-create")
    claim = thing("PersistentVolumeClaim", "data-db-0", owner=db)
    story.create(claim, KCM)
    story.mark(db, finalizers=["orphan"])
    story.change(claim, {"metadata": {"ownerReferences": []}}, KCM)
    assert (story.last(claim).actor, story.last(claim).rule) == ("garbage-collector", "orphaned")
