"""What can be wrong with an object tree: the stable codes, and what each of them means.

Data alone, so that the judging, the pages and the reference speak of one list.
"""

import msgspec

from eventstream.explain.vocabulary.sources import DOCS, K8S


class Diagnosis(msgspec.Struct, frozen=True):
    """One thing that can be wrong.

    `meaning` and `clears` are one sentence each: what it means, and what takes it back. `holder`
    is the id of the actor who usually must move. `source_url` is where Kubernetes' documentation
    or source says when this is so.
    """

    code: str
    title: str
    meaning: str
    clears: str
    holder: str
    source_url: str


_SOURCE = K8S + "pkg/"
_LIFECYCLE = DOCS + "concepts/workloads/pods/pod-lifecycle/"

_PLACING = (
    Diagnosis(
        "unschedulable",
        "No node takes the Pod",
        "No node has all that the Pod asks for, or a resize of it; or placing it there failed.",
        "A node gets the room, label or toleration that is lacking, or the Pod asks for less.",
        "scheduler",
        DOCS + "concepts/scheduling-eviction/kube-scheduler/",
    ),
    Diagnosis(
        "scheduling-gated",
        "Scheduling gates hold the Pod",
        "The Pod has scheduling gates, and the scheduler does not look at it while it has any.",
        "Whoever set the gates removes the last of them.",
        "client",
        DOCS + "concepts/scheduling-eviction/pod-scheduling-readiness/",
    ),
    Diagnosis(
        "preempted",
        "Its Pod had to make room",
        "The scheduler deleted a Pod for one of higher priority, and its replacement has no node.",
        "A node gets room for the replacement, or it asks for less.",
        "scheduler",
        DOCS + "concepts/scheduling-eviction/pod-priority-preemption/#preemption",
    ),
    Diagnosis(
        "volume-lost",
        "The volume is lost",
        "The volume that a claim was bound to is gone, or could not be reclaimed.",
        "Nothing by itself: somebody brings the volume back, or replaces the claim.",
        "client",
        DOCS + "concepts/storage/persistent-volumes/#lifecycle-of-a-volume-and-claim",
    ),
    Diagnosis(
        "volume-pending",
        "A volume is not there yet",
        "A volume that a Pod or a claim needs is not bound, attached, mounted or grown yet.",
        "The volume is as asked for. What keeps it from that, the diagnosis says.",
        "persistentvolume-controller",
        DOCS + "concepts/storage/persistent-volumes/#binding",
    ),
)

_STARTING = (
    Diagnosis(
        "image-not-found",
        "The image does not exist",
        "The registry has no such image, its name is no image name, or the node lacks it and may "
        "not pull it.",
        "The image is pushed or brought there, or the Pod is replaced by one with another image.",
        "kubelet",
        DOCS + "concepts/containers/images/#imagepullbackoff",
    ),
    Diagnosis(
        "image-pull-denied",
        "The registry denies the image",
        "The registry refused the pull: credentials are missing or wrong, or not allowed to.",
        "The Pod gets an image pull secret that the registry accepts.",
        "kubelet",
        DOCS + "tasks/configure-pod-container/pull-image-private-registry/",
    ),
    Diagnosis(
        "image-pull-failed",
        "The image cannot be pulled",
        "The pull failed for another reason, often the network between node and registry.",
        "A later attempt of the kubelet succeeds.",
        "kubelet",
        DOCS + "concepts/containers/images/#imagepullbackoff",
    ),
    Diagnosis(
        "config-missing",
        "A ConfigMap or Secret is missing",
        "The Pod refers to a ConfigMap or Secret, or a key in one, that does not exist.",
        "The ConfigMap, Secret or key is created; the kubelet tries again by itself.",
        "kubelet",
        DOCS + "concepts/configuration/configmap/#using-configmaps-as-files-from-a-pod",
    ),
    Diagnosis(
        "sandbox-failed",
        "The Pod's sandbox cannot be made",
        "The container runtime or the network plugin could not set up the Pod's sandbox.",
        "A later attempt of the kubelet succeeds.",
        "kubelet",
        _SOURCE + "kubelet/events/event.go",
    ),
    Diagnosis(
        "start-failed",
        "A container cannot be started",
        "A container, its hook or a device for it could not be started, or a resize of it failed.",
        "A later attempt succeeds, or the Pod is replaced by one whose settings are accepted.",
        "kubelet",
        _SOURCE + "kubelet/kuberuntime/kuberuntime_container.go",
    ),
)

_RUNNING = (
    Diagnosis(
        "crash-loop",
        "A container keeps ending",
        "A container ends soon after each start, so its kubelet waits longer before each restart.",
        "The container outlasts its last run by 30 seconds, or is ready and has run for as long; "
        "or its Pod is replaced.",
        "kubelet",
        _LIFECYCLE + "#container-restarts",
    ),
    Diagnosis(
        "oom-killed",
        "A container ran out of memory",
        "The node's kernel killed a process of a container, as that was at its memory limit or the "
        "node had no more.",
        "The container outlasts its last run by 30 seconds, or is ready and has run for as long; "
        "or its Pod is replaced.",
        "kubelet",
        DOCS + "tasks/configure-pod-container/assign-memory-resource/",
    ),
    Diagnosis(
        "probe-failing",
        "A probe fails",
        "A startup, readiness or liveness probe has failed as often as its threshold asks.",
        "The probe succeeds, or the Pod is replaced.",
        "kubelet",
        _LIFECYCLE + "#container-probes",
    ),
    Diagnosis(
        "not-ready",
        "It is not ready",
        "It has not become ready or ended within the usual time, or says itself that it cannot.",
        "Its conditions say that it is well.",
        "kubelet",
        _LIFECYCLE + "#pod-conditions",
    ),
    Diagnosis(
        "kubelet-slow",
        "The kubelet takes long",
        "The Pod has a node, and has not been started there within the usual time.",
        "The kubelet reports that the containers run.",
        "kubelet",
        _LIFECYCLE + "#pod-phase",
    ),
    Diagnosis(
        "node-lost",
        "The node does not answer",
        "The kubelet of the Pod's node has stopped reporting, or the node is gone.",
        "The kubelet reports again. A Pod that was on the node may also be replaced on another.",
        "kubelet",
        DOCS + "concepts/architecture/nodes/#node-status",
    ),
)

_MAKING = (
    Diagnosis(
        "quota-exceeded",
        "A ResourceQuota refuses the Pods",
        "The API server refused the Pod, as it would use more than a ResourceQuota allows.",
        "The quota is raised or deleted, or something else in the namespace uses less.",
        "replicaset-controller",
        DOCS + "concepts/policy/resource-quotas/",
    ),
    Diagnosis(
        "admission-denied",
        "Admission lets no Pods in",
        "A webhook, a policy or a plugin of the API server refused the Pod, or could not be asked.",
        "The template is changed to what is admitted, the policy is, or the webhook answers again.",
        "replicaset-controller",
        DOCS + "reference/access-authn-authz/admission-controllers/",
    ),
    Diagnosis(
        "pod-invalid",
        "The Pods are not valid",
        "The API server refused the Pod, as a field of it is not as the API allows.",
        "The template is changed to one that is valid.",
        "client",
        DOCS + "concepts/workloads/pods/#pod-templates",
    ),
    Diagnosis(
        "create-failed",
        "The Pods cannot be created",
        "The API server did not create the Pod, though nobody refused it: it failed or timed out.",
        "A later attempt of the controller succeeds.",
        "replicaset-controller",
        DOCS + "reference/using-api/api-concepts/",
    ),
    Diagnosis(
        "deadline-exceeded",
        "A deadline has passed",
        "The time that a Deployment, a Job or a CronJob's start is given has passed.",
        "The Deployment makes progress, the CronJob starts a Job; a failed Job stays failed.",
        "deployment-controller",
        DOCS + "concepts/workloads/controllers/deployment/#progress-deadline-seconds",
    ),
    Diagnosis(
        "paused",
        "Somebody paused it",
        "A Deployment is paused, or a Job or CronJob suspended: nothing new is done with it.",
        "Whoever paused it resumes it.",
        "client",
        DOCS + "concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment",
    ),
    Diagnosis(
        "spec-invalid",
        "What it asks for cannot be done",
        "Its controller cannot read what the object asks for, or cannot do it as it stands.",
        "The object is changed.",
        "client",
        DOCS + "concepts/architecture/controller/",
    ),
    Diagnosis(
        "at-limit",
        "The autoscaler is at its limit",
        "The autoscaler wants more replicas than its maximum allows.",
        "Somebody raises the maximum, or the load goes down.",
        "client",
        DOCS + "tasks/run-application/horizontal-pod-autoscale/",
    ),
    Diagnosis(
        "job-failed",
        "The Job has failed",
        "The Job has used up its retries, or its Pods failed in a way that its policy gives up on.",
        "Nothing: the Job stays failed until somebody deletes or replaces it.",
        "client",
        DOCS + "concepts/workloads/controllers/job/#job-termination-and-cleanup",
    ),
    Diagnosis(
        "pod-failed",
        "The Pod has failed",
        "A Pod without a controller has failed, or one after the other of a controller's does.",
        "A Pod without a controller stays failed; else one of the Pods does not fail.",
        "client",
        _LIFECYCLE + "#pod-phase",
    ),
    Diagnosis(
        "controller-silent",
        "A built-in controller does nothing",
        "A controller of Kubernetes was not seen to act for longer than is usual for its step.",
        "The controller acts.",
        "deployment-controller",
        DOCS + "concepts/architecture/controller/",
    ),
    Diagnosis(
        "no-controller",
        "Nobody acts on the custom resource",
        "No custom controller has answered the change: perhaps none is running.",
        "A controller writes to the custom resource or to what it owns.",
        "custom-controller",
        DOCS + "concepts/extend-kubernetes/api-extension/custom-resources/#custom-controllers",
    ),
)

_ENDING = (
    Diagnosis(
        "eviction-blocked",
        "A disruption budget holds the drain",
        "A node is being drained, and a PodDisruptionBudget allows no eviction of a Pod there.",
        "Enough other Pods of the budget become healthy, or the budget is changed.",
        "client",
        DOCS + "concepts/scheduling-eviction/api-eviction/#how-api-initiated-eviction-works",
    ),
    Diagnosis(
        "finalizer-stuck",
        "A finalizer is not removed",
        "The object is to be deleted, and a finalizer on it still prevents that.",
        "Whoever set the finalizer does its work and removes it.",
        "custom-controller",
        DOCS + "concepts/overview/working-with-objects/finalizers/",
    ),
    Diagnosis(
        "terminating-slow",
        "The deletion takes long",
        "The deletion was asked for, and what is deleted has not gone within the usual time.",
        "What it still waits for, such as its processes or its content, ends or is deleted.",
        "kubelet",
        _LIFECYCLE + "#pod-termination",
    ),
)

DIAGNOSES: dict[str, Diagnosis] = {
    diagnosis.code: diagnosis
    for diagnosis in (*_PLACING, *_STARTING, *_RUNNING, *_MAKING, *_ENDING)
}
"""Every code that a trace's `diagnosis` can be; one that is not here is a defect."""
