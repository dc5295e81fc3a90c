"""Finds the object that is asked for, what controls it, and what has to be read beside it."""

from collections.abc import Collection

import msgspec

from eventstream.expressions import expression
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.discovery import read_all
from eventstream.kubeapi.once import get_once
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.served import Served
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.resource import Resource
from terminal.answers import CannotAskError, NotFoundError
from terminal.naming import Asked, NoSuchTypeError, NotReadError, find, is_read
from terminal.scope import Places, around

OWNERS_MOST = 16

_NAME = expression(r"[A-Za-z0-9._:~@-]{1,253}")
_NAMESPACE = expression(r"[a-z0-9-]{1,63}")


class Target(msgspec.Struct, frozen=True):
    """The object that is asked for, as it was found, and all that has to be read beside it."""

    resource: Resource
    image: Image
    owners: tuple[tuple[Resource, Image], ...]
    places: Places


class Finding:
    """Asks one server for single objects."""

    def __init__(self, connection: Connection, decoder: Decoder) -> None:
        self._connection = connection
        self._decoder = decoder
        self._served: Served | None = None

    async def target(self, asked: Asked, namespace: str | None) -> Target:
        """Return what is asked for; raises ApiProblem, NotFoundError or CannotAskError."""
        found = await read_all(self._connection)
        self._served = found.types if found is not None else None
        try:
            resource = find(asked, self._served)
        except NoSuchTypeError as error:
            if found is not None and found.unknown:
                raise CannotAskError(_away(asked.type, found.unknown)) from error
            raise NotFoundError(str(error)) from error
        except NotReadError as error:
            raise CannotAskError(str(error)) from error
        within = self._within(resource, namespace)
        image = await self._object(resource, within, asked.name)
        places = around(resource, within, asked.name, self._served)
        return Target(resource, image, await self._owners(image, within, places), places)

    def _within(self, resource: Resource, namespace: str | None) -> str | None:
        if not resource.namespaced:
            return None
        within = namespace or self._connection.namespace or "default"
        if not _NAMESPACE.fullmatch(within):
            raise NotFoundError(f"No namespace can be called {within!r}.")
        return within

    async def _object(self, resource: Resource, namespace: str | None, name: str) -> Image:
        if not _is_name(name):
            raise NotFoundError(f"No object can be called {name!r}.")
        try:
            return await get_once(self._connection, self._decoder, resource, namespace, name)
        except ApiProblem as error:
            if error.status != 404:
                raise
            within = f" in namespace {namespace}" if namespace else ""
            said = f"There is no {resource.kind} called {name}{within}."
            raise NotFoundError(said) from error

    async def _owners(
        self, image: Image, namespace: str | None, places: Places
    ) -> tuple[tuple[Resource, Image], ...]:
        """The controllers above it that are not read with the rest, as far as they may be."""
        found: list[tuple[Resource, Image]] = []
        for _ in range(OWNERS_MOST):
            owner = image.metadata.controller
            resource = self._resource_of(owner) if owner is not None else None
            if owner is None or resource is None or not _is_name(owner.name):
                break
            within = namespace if resource.namespaced else None
            try:
                image = await get_once(
                    self._connection, self._decoder, resource, within, owner.name
                )
            except ApiProblem as error:
                if error.status not in {403, 404}:
                    raise
                break
            if image.uid != owner.uid:
                break
            if resource not in places:
                found.append((resource, image))
        return tuple(found)

    def _resource_of(self, owner: OwnerReference) -> Resource | None:
        for each in (self._served or {}).values():
            resource = each.resource
            if (resource.api_version, resource.kind) == (owner.api_version, owner.kind):
                return resource if is_read(resource) else None
        return None


def _is_name(name: str) -> bool:
    """Whether it can be the last part of a path, and only that."""
    return bool(_NAME.fullmatch(name)) and name not in {".", ".."}


def _away(type_: str, unknown: Collection[str]) -> str:
    return (
        f"The server names no resource type {type_!r}, but can't tell what there is of "
        f"{', '.join(sorted(unknown))}: what is behind that does not answer. "
        "`kubectl get apiservices` says why."
    )
