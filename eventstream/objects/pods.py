"""What Baton keeps of a Pod: placement, containers by name and image, and their states.

No environment, no command, no arguments, no volume source but a claim's name and nothing that a
probe asks is named here, and so none is ever kept; nor is what a program wrote as it ended.
"""

import msgspec

from eventstream.objects.numbers import Int64


class Part(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A spec or status: the fields that are kept, and a keyed digest of the whole.

    Two versions with equal fields and different digests differ in something that is not kept.
    """

    digest: str = msgspec.field(name="x-baton-digest", default="")


class Condition(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A condition of any kind; `message` is scrubbed of what looks like a credential."""

    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None
    last_update_time: str | None = None
    last_heartbeat_time: str | None = None
    observed_generation: Int64 | None = None


class Resources(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Requested and limited amounts, as Kubernetes quantities."""

    requests: dict[str, str | Int64 | float] | None = None
    limits: dict[str, str | Int64 | float] | None = None


class Probe(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How often a probe asks, and how many failures count; what it asks is not kept."""

    initial_delay_seconds: Int64 = 0
    period_seconds: Int64 = 10
    failure_threshold: Int64 = 3


class ContainerPort(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What a Service may call a container's port by: 15 characters at most; no number is kept.

    Source: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
    """

    name: str = ""
    protocol: str = "TCP"


class Container(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A container's name, image and requests; a sidecar is an init container that restarts."""

    name: str = ""
    image: str = ""
    image_pull_policy: str = ""
    restart_policy: str | None = None
    resources: Resources | None = None
    startup_probe: Probe | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    ports: tuple[ContainerPort, ...] = ()


class ClaimSource(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Which PersistentVolumeClaim a volume is."""

    claim_name: str = ""


class OwnClaim(msgspec.Struct, frozen=True, gc=False):
    """That a volume is a claim which is made for the Pod; what it asks for is not kept."""


class Volume(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A volume's claim, for which a Pod may wait; other sources are not kept."""

    name: str = ""
    persistent_volume_claim: ClaimSource | None = None
    ephemeral: OwnClaim | None = None


class SchedulingGate(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A reason not to schedule a Pod yet."""

    name: str = ""


class ReadinessGate(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A condition that somebody else has to set to True before the Pod counts as ready."""

    condition_type: str = ""


class ResourceClaimed(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A ResourceClaim that a Pod asks for: one by its name, or one made for it by a template.

    In the status: the name of the claim that was made, none where none is needed.
    """

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class SchedulingGroup(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The group that a Pod is placed with: a PodGroup, or in Kubernetes 1.35 one of a Workload."""

    pod_group_name: str = ""
    name: str = ""
    pod_group: str = ""


class FieldTerm(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A match of a node's own field, of which only metadata.name exists."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class NodeTerm(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """One way to match a node; what labels it must have is not kept."""

    match_fields: tuple[FieldTerm, ...] = ()


class NodeTerms(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The ways to match a node, any of which will do."""

    node_selector_terms: tuple[NodeTerm, ...] = ()


class NodeAffinity(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """On which nodes a Pod may run."""

    required: NodeTerms | None = msgspec.field(
        name="requiredDuringSchedulingIgnoredDuringExecution", default=None
    )


class Affinity(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Where a Pod wants to run: kept as far as a DaemonSet's Pod says by it which node it is for.

    Source: pkg/controller/daemon/util/daemonset_util.go, ReplaceDaemonSetPodNodeNameNodeAffinity.
    """

    node_affinity: NodeAffinity | None = None


class PodSpec(Part, frozen=True, gc=False):
    """A Pod's spec, or that of a template."""

    node_name: str = ""
    scheduler_name: str = ""
    service_account_name: str = ""
    restart_policy: str = ""
    priority: Int64 | None = None
    termination_grace_period_seconds: Int64 | None = None
    active_deadline_seconds: Int64 | None = None
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    readiness_gates: tuple[ReadinessGate, ...] = ()
    affinity: Affinity | None = None
    node_selector: dict[str, str] | None = None
    overhead: dict[str, str | Int64 | float] | None = None
    resources: Resources | None = None
    init_containers: tuple[Container, ...] = ()
    containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    resource_claims: tuple[ResourceClaimed, ...] = ()
    scheduling_group: SchedulingGroup | None = None
    workload_ref: SchedulingGroup | None = None


class Waiting(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Why a container is not running yet."""

    reason: str = ""
    message: str | None = None


class Running(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Since when a container runs."""

    started_at: str | None = None


NEVER_RAN = frozenset({"StartError", "ContainerCannotRun"})
"""Reasons for which containerd, CRI-O and Docker say that a container's process never ran."""


class Terminated(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How a container ended.

    Its message is kept where the process never ran, as it is the runtime's own then; of any other
    it may be the program's output.
    """

    exit_code: Int64 = 0
    signal: Int64 | None = None
    reason: str | None = None
    message: str | None = None
    started_at: str | None = None
    finished_at: str | None = None


class ContainerState(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Exactly one of the three is set; none means waiting."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What the kubelet last reported of one container."""

    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: Int64 = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState | None = None


class PodStatus(Part, frozen=True, gc=False):
    """What the kubelet and the scheduler last reported of a Pod."""

    phase: str = ""
    reason: str | None = None
    message: str | None = None
    nominated_node_name: str | None = None
    start_time: str | None = None
    pod_ip: str | None = msgspec.field(name="podIP", default=None)
    qos_class: str | None = None
    observed_generation: Int64 | None = None
    conditions: tuple[Condition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    resize: str | None = None
    resource_claim_statuses: tuple[ResourceClaimed, ...] = ()
