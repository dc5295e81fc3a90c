"""The structs of Services, Ingresses and PersistentVolumes: what tells whether they work.

Of a volume neither its source nor its handles are kept, of an Ingress neither hosts nor paths.
"""

import msgspec

from eventstream.objects.cluster_kinds import Quantities
from eventstream.objects.numbers import Int64
from eventstream.objects.pods import Condition, Part


class ClaimReference(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The claim that a volume is, or was, bound to."""

    namespace: str = ""
    name: str = ""
    uid: str = ""


class VolumeSpec(Part, frozen=True, gc=False):
    """What becomes of a volume when its claim goes, and whose it is."""

    capacity: Quantities | None = None
    claim_ref: ClaimReference | None = None
    persistent_volume_reclaim_policy: str = ""
    storage_class_name: str | None = None


class VolumeStatus(Part, frozen=True, gc=False):
    """How a volume stands, and since when; its message may name what is outside, and is not kept.

    The time is a time alone.
    """

    phase: str = ""
    reason: str | None = None
    last_phase_transition_time: str | None = None


class ServicePort(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A port of a Service, and the container port that it leads to: by number, or by name."""

    name: str = ""
    protocol: str = "TCP"
    target_port: str | Int64 = 0


class ServiceSpec(Part, frozen=True, gc=False):
    """Which Pods a Service leads to, and how it is reached; without an address where it is None."""

    type: str = ""
    cluster_ip: str = msgspec.field(name="clusterIP", default="")
    selector: dict[str, str] | None = None
    publish_not_ready_addresses: bool = False
    ports: tuple[ServicePort, ...] = ()


class Address(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Where a load balancer is reached."""

    ip: str = ""
    hostname: str = ""


class LoadBalancer(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The addresses at which a load balancer serves; none before there is one."""

    ingress: tuple[Address, ...] = ()


class LoadBalanced(Part, frozen=True, gc=False):
    """The status of a Service or an Ingress."""

    load_balancer: LoadBalancer | None = None
    conditions: tuple[Condition, ...] = ()


class BackendPort(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A port of a Service, of which its name may say that no Service is meant."""

    name: str = ""


class BackendService(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A Service, and which of its ports."""

    name: str = ""
    port: BackendPort = BackendPort()


class Backend(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A Service that requests are sent to."""

    service: BackendService | None = None


class Path(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A path of a rule, of which its backend is kept alone."""

    backend: Backend = Backend()


class Paths(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """The paths of a rule."""

    paths: tuple[Path, ...] = ()


class Rule(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A rule of an Ingress."""

    http: Paths | None = None


class IngressSpec(Part, frozen=True, gc=False):
    """Who serves an Ingress, and which Services it leads to."""

    ingress_class_name: str | None = None
    default_backend: Backend | None = None
    rules: tuple[Rule, ...] = ()
