"""Decides which types that do not come with Kubernetes are watched, as they come and go.

Their CustomResourceDefinitions say it best: when one is served, and which version is stored. Who
may not read those, as with nothing but Roles in a namespace, is told by discovery, as is what an
extension API server (an APIService) offers without any definition.
"""

from collections.abc import Mapping

from eventstream.kubeapi.discovery import FOLLOWED
from eventstream.kubeapi.problems import left_out, not_watchable
from eventstream.kubeapi.rationing import named
from eventstream.kubeapi.served import Discovery, ServedType
from eventstream.objects.kinds import OTHER_FORMS, is_built_in
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource

NOT_FOLLOWED: Mapping[str, str] = {
    **OTHER_FORMS,
    "oauth.openshift.io": "these are people's tokens",
    "user.openshift.io": "these are people",
    "packages.operators.coreos.com": "this is a catalogue, not what the cluster does",
}
"""Groups of extension API servers that are left out, and why."""

_Name = tuple[str, str]
"""Group and plural, which name a type whatever its version."""


class CustomTypes:
    """The types that are known now; `wanted` is what follows from them.

    With `namespaced`, types of the whole cluster are none of ours, and neither are definitions.
    """

    def __init__(self, *, namespaced: bool) -> None:
        self._namespaced = namespaced
        self._definitions: dict[str, Resource | None] = {}
        self._defined: set[_Name] = set()
        self._discovered: dict[_Name, ServedType] = {}
        self._missing: set[_Name] = set()
        self.definitions_are_known: bool | None = False if namespaced else None
        """None until it is known whether the definitions may be read."""

    def define(self, uid: str, group: str, plural: str, resource: Resource | None) -> None:
        """Take note of a definition and of the one resource that it is watched as, if any."""
        self._definitions[uid] = resource
        # Kept for good: discovery goes on naming a type for a while after its definition went.
        self._defined.add((group, plural))

    def undefine(self, uid: str) -> Resource | None:
        """Take note that a definition is gone; return the resource that it was watched as."""
        return self._definitions.pop(uid, None)

    def discover(self, told: Discovery) -> None:
        """Take note of what is served; a type is gone once two answers do not name it.

        Of an apiVersion whose own server could not be asked, what was known stays so.
        """
        found: dict[_Name, ServedType] = {}
        for each in told.types.values():
            if not is_built_in(each.resource.api_version) and "/" not in each.resource.plural:
                found.setdefault((each.resource.group, each.resource.plural), each)
        unknown = {
            name: each
            for name, each in self._discovered.items()
            if each.resource.api_version in told.unknown
        }
        gone = self._discovered.keys() - found.keys() - unknown.keys()
        kept = {name: self._discovered[name] for name in gone - self._missing}
        self._missing = set(kept)
        self._discovered = found | kept | unknown

    def wanted(self) -> set[Resource]:
        """Return the resources to watch."""
        by_definition = {each for each in self._definitions.values() if each is not None}
        if self.definitions_are_known is None:
            return by_definition
        others = (each for each in self._undefined() if each.verbs >= FOLLOWED)
        return by_definition | {
            each.resource for each in others if each.resource.group not in NOT_FOLLOWED
        }

    def not_wanted(self, most: int) -> dict[Resource, Problem]:
        """Return what can be listed and is not watched, and why; of each sort `most` by name."""
        if self.definitions_are_known is None:
            return {}
        listed = [each for each in self._undefined() if "list" in each.verbs]
        unwatchable = [each.resource for each in listed if not each.verbs >= FOLLOWED]
        others = [each.resource for each in listed if each.verbs >= FOLLOWED]
        on_purpose = [each for each in others if each.group in NOT_FOLLOWED]
        return named(unwatchable, most, not_watchable) | named(
            on_purpose, most, lambda each: left_out(each, NOT_FOLLOWED[each.group])
        )

    def _undefined(self) -> list[ServedType]:
        """Return what only discovery tells of."""
        defined = self._defined if self.definitions_are_known else set()
        return [
            each
            for name, each in self._discovered.items()
            if name not in defined and (each.resource.namespaced or not self._namespaced)
        ]
