"""What Baton keeps of the kinds that make and own Pods.

Each struct names the fields that explanations use; nothing else of the object is kept. Field
names are those of the API reference, https://kubernetes.io/docs/reference/kubernetes-api/.
"""

import msgspec

from eventstream.objects.numbers import Int64
from eventstream.objects.pods import Condition, Part, PodSpec


class Requirement(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """One expression of a label selector: In, NotIn, Exists or DoesNotExist."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class Selector(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A label selector: all of its pairs and expressions have to hold."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[Requirement, ...] = ()


class TemplateMetadata(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A Pod template's labels and annotations (values of these redacted as everywhere)."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class PodTemplate(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What a controller makes its Pods from."""

    metadata: TemplateMetadata = TemplateMetadata()
    spec: PodSpec = PodSpec()


class RollingUpdate(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How far a rolling update may stray from the desired count, as numbers or percentages."""

    max_surge: Int64 | str | None = None
    max_unavailable: Int64 | str | None = None
    partition: Int64 | None = None


class Strategy(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How Pods are replaced: RollingUpdate, Recreate or OnDelete."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Part, frozen=True, gc=False):
    """The desired state that the Deployment controller works towards."""

    replicas: Int64 = 1
    paused: bool = False
    min_ready_seconds: Int64 = 0
    progress_deadline_seconds: Int64 | None = None
    revision_history_limit: Int64 | None = None
    selector: Selector = Selector()
    strategy: Strategy = Strategy()
    template: PodTemplate = PodTemplate()


class DeploymentStatus(Part, frozen=True, gc=False):
    """What the Deployment controller last reported."""

    observed_generation: Int64 = 0
    replicas: Int64 = 0
    updated_replicas: Int64 = 0
    ready_replicas: Int64 = 0
    available_replicas: Int64 = 0
    unavailable_replicas: Int64 = 0
    terminating_replicas: Int64 | None = None
    collision_count: Int64 | None = None
    conditions: tuple[Condition, ...] = ()


class ReplicaSetSpec(Part, frozen=True, gc=False):
    """The desired state that the ReplicaSet controller works towards."""

    replicas: Int64 = 1
    min_ready_seconds: Int64 = 0
    selector: Selector = Selector()
    template: PodTemplate = PodTemplate()


class ReplicationControllerSpec(Part, frozen=True, gc=False):
    """As a ReplicaSet's, with the older form of selector."""

    replicas: Int64 = 1
    min_ready_seconds: Int64 = 0
    selector: dict[str, str] | None = None
    template: PodTemplate = PodTemplate()


class ReplicaSetStatus(Part, frozen=True, gc=False):
    """What the ReplicaSet controller last reported; a ReplicationController's has the same."""

    observed_generation: Int64 = 0
    replicas: Int64 = 0
    fully_labeled_replicas: Int64 = 0
    ready_replicas: Int64 = 0
    available_replicas: Int64 = 0
    terminating_replicas: Int64 | None = None
    conditions: tuple[Condition, ...] = ()


class Ordinals(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Where a StatefulSet begins to number its Pods."""

    start: Int64 = 0


class ClaimRetention(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What becomes of a StatefulSet's claims when it, or one of its Pods, goes for good."""

    when_deleted: str = ""
    when_scaled: str = ""


class StatefulSetSpec(Part, frozen=True, gc=False):
    """Desired state of a StatefulSet."""

    replicas: Int64 = 1
    ordinals: Ordinals = Ordinals()
    revision_history_limit: Int64 | None = None
    persistent_volume_claim_retention_policy: ClaimRetention = ClaimRetention()
    service_name: str = ""
    pod_management_policy: str = ""
    min_ready_seconds: Int64 = 0
    update_strategy: Strategy = Strategy()
    selector: Selector = Selector()
    template: PodTemplate = PodTemplate()


class StatefulSetStatus(Part, frozen=True, gc=False):
    """What the StatefulSet controller last reported."""

    observed_generation: Int64 = 0
    replicas: Int64 = 0
    ready_replicas: Int64 = 0
    available_replicas: Int64 = 0
    current_replicas: Int64 = 0
    updated_replicas: Int64 = 0
    current_revision: str = ""
    update_revision: str = ""
    collision_count: Int64 | None = None
    conditions: tuple[Condition, ...] = ()


class DaemonSetSpec(Part, frozen=True, gc=False):
    """Desired state of a DaemonSet."""

    revision_history_limit: Int64 | None = None
    min_ready_seconds: Int64 = 0
    update_strategy: Strategy = Strategy()
    selector: Selector = Selector()
    template: PodTemplate = PodTemplate()


class DaemonSetStatus(Part, frozen=True, gc=False):
    """What the DaemonSet controller last reported."""

    observed_generation: Int64 = 0
    desired_number_scheduled: Int64 = 0
    current_number_scheduled: Int64 = 0
    updated_number_scheduled: Int64 = 0
    number_ready: Int64 = 0
    number_available: Int64 = 0
    number_unavailable: Int64 = 0
    number_misscheduled: Int64 = 0
    conditions: tuple[Condition, ...] = ()


class FailureRule(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What a Job does about a Pod that fails in one way: `Ignore` counts it not at all."""

    action: str = ""


class FailurePolicy(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Which failed Pods of a Job count; of each rule only what is done is kept."""

    rules: tuple[FailureRule, ...] = ()


class JobSpec(Part, frozen=True, gc=False):
    """Desired state of a Job."""

    parallelism: Int64 | None = None
    completions: Int64 | None = None
    backoff_limit: Int64 | None = None
    backoff_limit_per_index: Int64 | None = None
    pod_failure_policy: FailurePolicy | None = None
    active_deadline_seconds: Int64 | None = None
    ttl_seconds_after_finished: Int64 | None = None
    completion_mode: str = ""
    pod_replacement_policy: str | None = None
    managed_by: str | None = None
    suspend: bool = False
    template: PodTemplate = PodTemplate()


class UncountedPods(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """uids of finished Pods that the Job controller has not yet counted."""

    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class JobStatus(Part, frozen=True, gc=False):
    """What the Job controller last reported."""

    active: Int64 = 0
    ready: Int64 | None = None
    succeeded: Int64 = 0
    failed: Int64 = 0
    terminating: Int64 | None = None
    start_time: str | None = None
    completion_time: str | None = None
    uncounted_terminated_pods: UncountedPods | None = None
    conditions: tuple[Condition, ...] = ()
    failed_indexes: str | None = None


class CronJobSpec(Part, frozen=True, gc=False):
    """Desired state of a CronJob."""

    schedule: str = ""
    time_zone: str | None = None
    suspend: bool = False
    concurrency_policy: str = ""
    starting_deadline_seconds: Int64 | None = None
    successful_jobs_history_limit: Int64 | None = None
    failed_jobs_history_limit: Int64 | None = None


class JobReference(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A Job that a CronJob counts as active."""

    name: str = ""
    uid: str = ""


class CronJobStatus(Part, frozen=True, gc=False):
    """What the CronJob controller last reported."""

    active: tuple[JobReference, ...] = ()
    last_schedule_time: str | None = None
    last_successful_time: str | None = None


class ScaleTarget(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What a HorizontalPodAutoscaler scales."""

    kind: str = ""
    name: str = ""
    api_version: str = ""


class AutoscalerSpec(Part, frozen=True, gc=False):
    """Desired bounds of a HorizontalPodAutoscaler."""

    scale_target_ref: ScaleTarget = ScaleTarget()
    min_replicas: Int64 | None = None
    max_replicas: Int64 = 0


class AutoscalerStatus(Part, frozen=True, gc=False):
    """What the HorizontalPodAutoscaler controller last reported."""

    observed_generation: Int64 | None = None
    current_replicas: Int64 = 0
    desired_replicas: Int64 = 0
    last_scale_time: str | None = None
    conditions: tuple[Condition, ...] = ()
