"""The resource types that the server serves, and the registry in which CRDs add and remove them."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

READ_WRITE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class PrinterColumn:
    """A column that a CRD asks for in Tables; `path` is a JSONPath such as `.spec.replicas`."""

    name: str
    type: str
    path: str
    priority: int = 0


@dataclass(frozen=True)
class ResourceType:
    """One served resource of one API version.

    `storage` names the place where its objects are kept: types with the same storage (an Event in
    v1 and in events.k8s.io/v1) show the same objects. `custom` types come from CRDs. `subresources`
    are those beside `status`; `scale` has the paths of a custom type's replicas, desired and
    existing, and of its selector.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_WRITE
    has_status: bool = False
    custom: bool = False
    list_kind: str = ""
    columns: tuple[PrinterColumn, ...] = ()
    storage: str = ""
    subresources: tuple[str, ...] = ()
    scale: tuple[str, str, str] | None = None

    def __post_init__(self) -> None:
        """Fill what follows from the rest."""
        object.__setattr__(self, "singular", self.singular or self.kind.lower())
        object.__setattr__(self, "list_kind", self.list_kind or f"{self.kind}List")
        object.__setattr__(self, "storage", self.storage or self.group_resource)

    @property
    def api_version(self) -> str:
        """What objects of the type bear as apiVersion."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """How errors name the type: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def resource(self) -> str:
        """How tapes name the type: `apps/v1/deployments`, `v1/pods`."""
        return f"{self.api_version}/{self.plural}"

    @property
    def storage_version_hash(self) -> str:
        """The hash that discovery shows for a type that is stored in this version."""
        digest = hashlib.sha256(f"{self.group}/{self.version}/{self.kind}".encode()).digest()
        return base64.b64encode(digest[:8]).decode()


@dataclass
class TypeRegistry:
    """The types that are served now, in the order of discovery."""

    _types: dict[str, ResourceType] = field(default_factory=dict)

    @classmethod
    def of(cls, types: Iterable[ResourceType]) -> "TypeRegistry":
        """Return a registry that serves `types`."""
        return cls({served.resource: served for served in types})

    def __iter__(self) -> Iterator[ResourceType]:
        return iter(self._types.values())

    def find(self, resource: str) -> ResourceType | None:
        """Return the type that tapes call `resource` (`apps/v1/deployments`), None if unserved."""
        return self._types.get(resource)

    def add(self, served: ResourceType) -> None:
        """Serve a type from now on; the same type again changes nothing."""
        if self._types.get(served.resource) != served:
            self._types[served.resource] = served

    def remove(self, served: ResourceType) -> None:
        """Serve a type no longer."""
        self._types.pop(served.resource, None)

    def serves(self, served: ResourceType) -> bool:
        """Return whether exactly this type is served; not one that replaced it since."""
        return self._types.get(served.resource) is served
