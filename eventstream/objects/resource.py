"""Names a type of the Kubernetes API, so that every room means the same thing by "resource"."""

import msgspec


class Resource(msgspec.Struct, frozen=True, gc=False):
    """One resource of the API: the plural endpoint of a GroupVersionKind.

    `group` is empty for the core group. `key` is what tapes, positions and coverage call it.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` in the core group: the `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        """`apps/v1/deployments`: unique within a cluster, and the `resource` of a tape's line."""
        return f"{self.api_version}/{self.plural}"

    @property
    def type_name(self) -> tuple[str, str]:
        """Group and plural, which name a type whatever its version."""
        return self.group, self.plural

    @property
    def path(self) -> str:
        """The URL path of the cluster-wide collection, without a leading host."""
        prefix = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{prefix}/{self.plural}"

    def path_in(self, namespace: str | None) -> str:
        """The collection's URL path within `namespace`; cluster-wide if None or not namespaced."""
        if namespace is None or not self.namespaced:
            return self.path
        head, _, plural = self.path.rpartition("/")
        return f"{head}/namespaces/{namespace}/{plural}"
