"""Writes down what Baton may read as a role: each type by name, to get, list and watch."""

from collections.abc import Iterable

from eventstream.expressions import expression
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS, defined_name
from eventstream.kubeapi.discovery import NEW_EVENTS, WANTED, plan
from eventstream.objects.decoding import Decoder
from eventstream.objects.kinds import BUILT_IN_GROUPS

Type = tuple[str, str]
"""Group and plural."""

_HEAD = """apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: {name}
  labels:
    {label}
rules:
"""
_RULE = """  - apiGroups: [{group}]
    resources:{plurals}
    verbs: [get, list, watch]
"""
_LONGEST = 80
_PAGE = "100"
_LABEL = expression(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def built_in() -> str:
    """The role for the built-in types: `deploy/base/permissions.yaml` begins with it."""
    types = {(each.group, each.plural) for versions in WANTED for each in versions}
    types.add((NEW_EVENTS.group, NEW_EVENTS.plural))
    return _role("ClusterRole", "baton", "app.kubernetes.io/name: baton", types)


def within(namespace: str) -> str:
    """The Role for `observe --namespace`: what it watches there."""
    types = {(each.group, each.plural) for each in plan(None, namespace).watched}
    types.add((NEW_EVENTS.group, NEW_EVENTS.plural))
    return _role("Role", "baton", "app.kubernetes.io/name: baton", types)


def custom(types: Iterable[Type]) -> str:
    """The role for custom resources, whose label adds it to what Baton may read."""
    label = 'baton.dev/aggregate-to-baton: "true"'
    return _role("ClusterRole", "baton-reads-crds", label, types)


async def defined(connection: Connection) -> set[Type]:
    """The types that a cluster's CRDs define; raises ApiProblem where they cannot be read.

    Names that no CRD can have are left out: a role is applied as it is printed, so that nothing a
    server says may bring a built-in type or a wildcard into it.
    """
    found: set[Type] = set()
    decoder, token = Decoder(b"", messages=False), ""
    while True:
        asked = {"limit": _PAGE} | ({"continue": token} if token else {})
        body = await connection.get(CRDS.path, asked, most=connection.bounds.discovery_bytes)
        page = decoder.page(CRDS, body)
        found.update(filter(_is_custom, map(defined_name, page.images)))
        token = page.continue_token
        if not token or len(found) > connection.bounds.types:
            return found


def _is_custom(type_: Type) -> bool:
    """Whether this can be a CRD's: a DNS label as plural, and a group that is not Kubernetes' own.

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
    """
    group, plural = type_
    named = _LABEL.fullmatch(plural) and all(map(_LABEL.fullmatch, group.split(".")))
    return bool(named) and "." in group and group not in BUILT_IN_GROUPS


def _role(kind: str, name: str, label: str, types: Iterable[Type]) -> str:
    groups: dict[str, list[str]] = {}
    for group, plural in sorted(set(types)):
        groups.setdefault(group, []).append(plural)
    rules = [
        _RULE.format(group=group or '""', plurals=_listed(plurals))
        for group, plurals in groups.items()
    ]
    return _HEAD.format(kind=kind, name=name, label=label) + "".join(rules)


def _listed(plurals: list[str]) -> str:
    """A YAML list, on one line where that is short."""
    line = f" [{', '.join(plurals)}]"
    if len(line) <= _LONGEST:
        return line
    return "".join(f"\n      - {plural}" for plural in plurals)
