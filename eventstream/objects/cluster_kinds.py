"""What Baton keeps of the kinds that surround workloads: nodes, quotas, types, Events."""

import msgspec

from eventstream.objects.numbers import Int64
from eventstream.objects.pods import Condition, Part
from eventstream.objects.workloads import PodTemplate, Selector

Quantities = dict[str, str | Int64 | float]


class NamespaceSpec(Part, frozen=True, gc=False):
    """A namespace's finalizers keep it until its content is gone."""

    finalizers: tuple[str, ...] = ()


class PhaseStatus(Part, frozen=True, gc=False):
    """The status of a Namespace or PersistentVolumeClaim."""

    phase: str = ""
    capacity: Quantities | None = None
    conditions: tuple[Condition, ...] = ()


class Taint(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What keeps Pods off a node, or evicts them from it."""

    key: str = ""
    effect: str = ""
    value: str = ""
    time_added: str | None = None


class NodeSpec(Part, frozen=True, gc=False):
    """Whether a node takes new Pods."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeStatus(Part, frozen=True, gc=False):
    """A node's conditions and room."""

    capacity: Quantities | None = None
    allocatable: Quantities | None = None
    conditions: tuple[Condition, ...] = ()


class LeaseSpec(Part, frozen=True, gc=False):
    """Who holds a Lease, and when it was last renewed."""

    holder_identity: str | None = None
    renew_time: str | None = None
    acquire_time: str | None = None
    lease_duration_seconds: Int64 | None = None
    lease_transitions: Int64 | None = None


class ClaimResources(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The storage that a claim asks for."""

    requests: Quantities | None = None


class ClaimSpec(Part, frozen=True, gc=False):
    """A PersistentVolumeClaim's wish."""

    storage_class_name: str | None = None
    volume_name: str = ""
    access_modes: tuple[str, ...] = ()
    resources: ClaimResources = ClaimResources()


class QuotaSpec(Part, frozen=True, gc=False):
    """A ResourceQuota's limits."""

    hard: Quantities | None = None


class QuotaStatus(Part, frozen=True, gc=False):
    """A ResourceQuota's limits as observed, and what is used of them."""

    hard: Quantities | None = None
    used: Quantities | None = None


class BudgetSpec(Part, frozen=True, gc=False):
    """A PodDisruptionBudget's bound, and which Pods it protects."""

    selector: Selector | None = None
    min_available: Int64 | str | None = None
    max_unavailable: Int64 | str | None = None
    unhealthy_pod_eviction_policy: str | None = None


class BudgetStatus(Part, frozen=True, gc=False):
    """What the disruption controller last reported."""

    observed_generation: Int64 | None = None
    current_healthy: Int64 = 0
    desired_healthy: Int64 = 0
    expected_pods: Int64 = 0
    disruptions_allowed: Int64 = 0
    conditions: tuple[Condition, ...] = ()


class TypeNames(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What a custom type is called."""

    plural: str = ""
    kind: str = ""
    singular: str = ""


class Subresources(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Which subresources a version has; one that it has is an empty object."""

    status: dict[str, str] | None = None


class TypeVersion(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """One version of a custom type."""

    name: str = ""
    served: bool = False
    storage: bool = False
    subresources: Subresources | None = None


class DefinitionSpec(Part, frozen=True, gc=False):
    """A CustomResourceDefinition: the type that it registers; schemas are not kept."""

    group: str = ""
    names: TypeNames = TypeNames()
    scope: str = ""
    versions: tuple[TypeVersion, ...] = ()


class DefinitionStatus(Part, frozen=True, gc=False):
    """Whether the API server has accepted and established the type."""

    accepted_names: TypeNames = TypeNames()
    stored_versions: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


class ServiceReference(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The Service behind which an aggregated API server answers."""

    namespace: str = ""
    name: str = ""


class ApiServiceSpec(Part, frozen=True, gc=False):
    """Which version of which group another server serves; its certificates are not kept."""

    group: str = ""
    version: str = ""
    service: ServiceReference | None = None


class ConditionsStatus(Part, frozen=True, gc=False):
    """A status that has nothing but conditions."""

    conditions: tuple[Condition, ...] = ()


class InvolvedObject(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The object that an Event is about, and the version of it that the reporter had seen."""

    api_version: str = ""
    kind: str = ""
    namespace: str | None = None
    name: str = ""
    uid: str = ""
    resource_version: str = ""
    field_path: str = ""


class EventSource(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The older way of naming an Event's reporter."""

    component: str | None = None
    host: str | None = None


class EventSeries(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """How often an Event of the newer form was repeated."""

    count: Int64 = 0
    last_observed_time: str | None = None


class EventFacts(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A Kubernetes Event of `v1`; those of `events.k8s.io` are read into the same form."""

    involved_object: InvolvedObject = InvolvedObject()
    reason: str | None = None
    message: str | None = None
    source: EventSource | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    count: Int64 | None = None
    series: EventSeries | None = None
    type: str | None = None
    action: str | None = None
    reporting_component: str | None = None
    reporting_instance: str | None = None

    @property
    def component(self) -> str:
        """The reporter, in whichever of the two forms it gave; empty if in neither."""
        return (self.source and self.source.component) or self.reporting_component or ""

    @property
    def host(self) -> str:
        """The node that a kubelet's Event names; empty if none."""
        return (self.source and self.source.host) or ""

    @property
    def times(self) -> int:
        """How often it happened."""
        return (self.series.count if self.series else self.count) or 1


class RevisionFacts(Part, frozen=True, gc=False):
    """A ControllerRevision's number, and of its content the Pod template, as of its owner's."""

    revision: Int64 = 0
    template: PodTemplate | None = None
