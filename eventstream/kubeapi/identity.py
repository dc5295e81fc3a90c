"""Reads from a server's answers which cluster it is, on which all that is stored rests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from eventstream.expressions import expression
from eventstream.kubeapi.problems import ApiProblem, not_kubernetes, other_cluster
from eventstream.kubeapi.quoting import quoted
from eventstream.objects.observations import Problem

UID_PATH = "/api/v1/namespaces/kube-system"
"""The namespace that lives as long as the cluster."""
_UID = expression(r"[!-~]{1,128}")
"""What a uid looks like, which every step's id rests on."""
_LONGEST_VERSION = 60

_T = TypeVar("_T")


class ClusterIdentity(msgspec.Struct, frozen=True):
    """Which cluster this is: `uid` stays, where it may be read; `name` is "" where nobody said."""

    uid: str
    name: str
    server: str
    version: str


class _Version(msgspec.Struct, rename={"git_version": "gitVersion"}):
    git_version: str


class _Uid(msgspec.Struct):
    uid: str


class _Namespace(msgspec.Struct):
    metadata: _Uid


def decoded(what: str, body: bytes, type_: type[_T]) -> _T:
    """Return the answer to `what` ("GET /version"); raises ApiProblem where it is no such JSON."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiProblem(not_kubernetes(what, 200, f"JSON of another kind ({error})")) from error


def uid_in(body: bytes) -> str:
    """Return the uid in the answer to UID_PATH, "" where that is none; raises ApiProblem."""
    uid = decoded("GET namespace kube-system", body, _Namespace).metadata.uid
    return uid if _UID.fullmatch(uid) else ""


def version_in(body: bytes) -> str:
    """Return the server's version in the answer to /version, as `v1.36.2`; raises ApiProblem."""
    return quoted(decoded("GET /version", body, _Version).git_version, _LONGEST_VERSION)


class Recognition:
    """Whether it is still the cluster with this `uid`, "" where that could never be read."""

    def __init__(self) -> None:
        self.uid = ""
        self.is_certain = True
        self._asking = asyncio.Lock()
        self._failures: list[Problem] = []

    def doubt(self) -> None:
        """Say that the address was read anew, and may lead to another cluster."""
        self.is_certain = not self.uid

    async def check(self, server: str, ask: Callable[[], Awaitable[str]]) -> None:
        """Return where no other cluster answers at `server`, by what `ask` tells of its uid.

        Else raises ApiProblem. Who waits while somebody asks is told the same: by turns each would
        wait for a server that hangs.
        """
        failures = self._failures
        async with self._asking:
            if self.is_certain:
                return
            if failures:
                raise ApiProblem(failures[0])
            try:
                uid = await ask()
                if uid != self.uid:
                    raise ApiProblem(other_cluster(server, told=bool(uid)))
            except ApiProblem as unsure:
                failures.append(unsure.problem)
                self._failures = []
                raise
            self.is_certain = True
