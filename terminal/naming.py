"""Which object somebody means, in kubectl's spellings: `deploy/api`, `deployment api`, `pods x`.

The server tells what its types are called, those of CustomResourceDefinitions too. What Baton never
reads is refused by name before anything is asked.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from eventstream.explain.vocabulary.declared.kinds import SHORT_NAMES
from eventstream.kubeapi.custom_types import NOT_FOLLOWED
from eventstream.kubeapi.served import Served, ServedType
from eventstream.objects.kinds import WATCHED, is_built_in
from eventstream.objects.resource import Resource

_UNJUDGED = frozenset({"events", "leases", "controllerrevisions"})
"""What is read as evidence alone."""


class Asked(msgspec.Struct, frozen=True):
    """What somebody asks for: a type as they spell it, and the object's name."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type}/{self.name}"


class BadNameError(ValueError):
    """What is asked for names no object; the message says how one is named."""


class NoSuchTypeError(Exception):
    """The server has no type of that name; the message says so."""


class NotReadError(Exception):
    """Baton does not read that type; the message says so."""


def parse(words: Sequence[str]) -> Asked:
    """Return what is asked for by `TYPE/NAME` or `TYPE NAME`; raises BadNameError."""
    if len(words) == 1:
        type_, slash, name = words[0].partition("/")
        if slash and type_ and name and "/" not in name:
            return Asked(type_, name)
    elif len(words) == 2 and all(words) and not any("/" in word for word in words):
        return Asked(words[0], words[1])
    raise BadNameError(
        f"{' '.join(words)!r} names no object: give one as TYPE/NAME or as TYPE NAME, such as "
        "deployment/api or pod api-0."
    )


def find(asked: Asked, served: Served | None) -> Resource:
    """Return the type that is meant, in the version that it is read in.

    Where it is not known what is `served`, None, the types are those that come with Kubernetes.
    Raises NoSuchTypeError or NotReadError.
    """
    types = list(_built_in() if served is None else served.values())
    fitting = [each.resource for each in types if _is_meant(asked.type, each)]
    if not fitting:
        raise NoSuchTypeError(f"The server has no resource type {asked.type!r}.")
    read = [each for each in fitting if is_read(each)]
    if not read:
        raise NotReadError(
            f"Baton does not read {fitting[0].plural}, so it can't say how one of them stands."
        )
    return _best(read)


def is_read(resource: Resource) -> bool:
    """Whether Baton reads objects of a type to say how they stand."""
    if not is_built_in(resource.api_version):
        return resource.group not in NOT_FOLLOWED
    known = ((each.group, each.plural) for each in WATCHED)
    return (resource.group, resource.plural) in known and resource.plural not in _UNJUDGED


def _best(found: Sequence[Resource]) -> Resource:
    """Of the versions of a type the one that Baton reads best; of several types the first."""
    first = found[0]
    alike = [each for each in found if (each.group, each.plural) == (first.group, first.plural)]
    for built_in in WATCHED:
        for wanted in built_in.resources:
            for each in alike:
                if each.key == wanted.key:
                    return each
    return first


def _built_in() -> Iterator[ServedType]:
    for each in WATCHED:
        short = {name for name, plural in SHORT_NAMES.items() if plural == each.plural}
        for resource in each.resources:
            yield ServedType(resource, frozenset(), frozenset({resource.kind.lower(), *short}))


def _is_meant(type_: str, served: ServedType) -> bool:
    """Whether a type is called so: by plural, singular, short name or kind, in its group or not.

    Source: staging/src/k8s.io/cli-runtime/pkg/resource/builder.go, mappingFor.
    """
    resource = served.resource
    name, _, rest = type_.lower().partition(".")
    if name not in _names(resource, served.names):
        return False
    group = resource.group.lower()
    return rest in {"", group, resource.version, f"{resource.version}.{group}"}


def _names(resource: Resource, others: Iterable[str]) -> set[str]:
    return {resource.plural, resource.kind.lower(), *(each.lower() for each in others)}
