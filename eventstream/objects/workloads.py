"""What Baton keeps of the kinds that make and own Pods.

Each struct names the fields that explanations use; nothing else of the object is kept. Field
names are those of the API reference, https://kubernetes.io/docs/reference/kubernetes-api/.
"""

import msgspec

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

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None
    partition: int | None = None


class Strategy(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How Pods are replaced: RollingUpdate, Recreate or OnDelete."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Part, frozen=True, gc=False):
    """The desired state that the Deployment controller works towards."""

    replicas: int = 1
    paused: bool = False
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None
    revision_history_limit: int | None = None
    selector: Selector = Selector()
    strategy: Strategy = Strategy()
    template: PodTemplate = PodTemplate()


class DeploymentStatus(Part, frozen=True, gc=False):
    """What the Deployment controller last reported."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    terminating_replicas: int | None = None
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()


class ReplicaSetSpec(Part, frozen=True, gc=False):
    """The desired state that the ReplicaSet controller works towards."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: Selector = Selector()
    template: PodTemplate = PodTemplate()


class ReplicationControllerSpec(Part, frozen=True, gc=False):
    """As a ReplicaSet's, with the older form of selector."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: dict[str, str] | None = None
    template: PodTemplate = PodTemplate()


class ReplicaSetStatus(Part, frozen=True, gc=False):
    """What the ReplicaSet controller last reported; a ReplicationController's has the same."""

    observed_generation: int = 0
    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()


class Ordinals(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Where a StatefulSet begins to number its Pods."""

    start: int = 0


class ClaimRetention(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What becomes of a StatefulSet's claims when it, or one of its Pods, goes for good."""

    when_deleted: str = ""
    when_scaled: str = ""


class StatefulSetSpec(Part, frozen=True, gc=False):
    """Desired state of a StatefulSet."""

    replicas: int = 1
    ordinals: Ordinals = Ordinals()
    revision_history_limit: int | None = None
    persistent_volume_claim_retention_policy: ClaimRetention = ClaimRetention()
    service_name: str = ""
    pod_management_policy: str = ""
    min_ready_seconds: int = 0
    update_strategy: Strategy = Strategy()
    selector: Selector = Selector()
    template: PodTemplate = PodTemplate()


class StatefulSetStatus(Part, frozen=True, gc=False):
    """What the StatefulSet controller last reported."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()


class DaemonSetSpec(Part, frozen=True, gc=False):
    """Desired state of a DaemonSet."""

    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    update_strategy: Strategy = Strategy()
    selector: Selector = Selector()
    template: PodTemplate = PodTemplate()


class DaemonSetStatus(Part, frozen=True, gc=False):
    """What the DaemonSet controller last reported."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    number_misscheduled: int = 0
    conditions: tuple[Condition, ...] = ()


class JobSpec(Part, frozen=True, gc=False):
    """Desired state of a Job."""

    parallelism: int | None = None
    completions: int | None = None
    backoff_limit: int | None = None
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None
    completion_mode: str = ""
    pod_replacement_policy: str | None = None
    suspend: bool = False
    template: PodTemplate = PodTemplate()


class UncountedPods(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """uids of finished Pods that the Job controller has not yet counted."""

    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class JobStatus(Part, frozen=True, gc=False):
    """What the Job controller last reported."""

    active: int = 0
    ready: int | None = None
    succeeded: int = 0
    failed: int = 0
    terminating: int | None = None
    start_time: str | None = None
    completion_time: str | None = None
    uncounted_terminated_pods: UncountedPods | None = None
    conditions: tuple[Condition, ...] = ()


class CronJobSpec(Part, frozen=True, gc=False):
    """Desired state of a CronJob."""

    schedule: str = ""
    time_zone: str | None = None
    suspend: bool = False
    concurrency_policy: str = ""
    starting_deadline_seconds: int | None = None
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None


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
    min_replicas: int | None = None
    max_replicas: int = 0


class AutoscalerStatus(Part, frozen=True, gc=False):
    """What the HorizontalPodAutoscaler controller last reported."""

    observed_generation: int | None = None
    current_replicas: int = 0
    desired_replicas: int = 0
    last_scale_time: str | None = None
    conditions: tuple[Condition, ...] = ()
