"""Asks a cluster itself: once, by lists, or until the object is done, by watches.

Only GET is sent. What may not be read is left out and named; anything else that fails ends the
question, for half an answer could be a wrong one.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection, connect
from eventstream.kubeapi.holdings import Holdings
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.kubeapi.once import list_once
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.supervision import Supervision
from eventstream.objects.decoding import Decoder
from eventstream.objects.health.judging import Judge
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, Problem
from eventstream.objects.resource import Resource
from terminal.answers import Answer, CannotAskError, NotFoundError
from terminal.finding import Finding, Target
from terminal.looking import Looking
from terminal.naming import Asked

AT_ONCE = 8
"""So many lists are read at a time."""

FIRST_LISTS_SECONDS = 60.0
JUDGE_SECONDS = 0.5

_LEFT_OUT = frozenset({"forbidden", "not-served", "not-watchable"})
"""Problems with a type that are no problem of the connection: the rest is told without it."""


class Where(msgspec.Struct, frozen=True):
    """Which cluster is asked, and in which namespace; None is what the kubeconfig says.

    `judge` says how custom resources stand.
    """

    judge: Judge
    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None


class Cluster:
    """A cluster that is asked about one object, its `target`; `asking` makes one."""

    def __init__(
        self,
        connection: Connection,
        decoder: Decoder,
        identity: ClusterIdentity,
        target: Target,
    ) -> None:
        self._connection = connection
        self._decoder = decoder
        self.target = target
        self._looking = Looking(identity, target.image.uid)

    async def once(self) -> Answer:
        """Read everything once; raises NotFoundError or CannotAskError."""
        free, holdings = asyncio.Semaphore(AT_ONCE), Holdings()

        async def read(resource: Resource, namespace: str | None) -> None:
            async with free:
                problem = await list_once(
                    self._connection,
                    self._decoder,
                    resource,
                    namespace,
                    self._looking.take,
                    holdings,
                )
            if problem is not None:
                self._leave_out(resource, namespace, problem)

        self._put_owners()
        await asyncio.gather(*(read(*place) for place in self.target.places.items()))
        now = time.time()
        found = self._looking.answer(now)
        if found is None and self.target.resource not in self._looking.listed:
            self._put(self.target.resource, self.target.image)
        self._looking.judge(now, whole=True)
        return self._told(now)

    async def follow(self) -> AsyncGenerator[Answer, None]:
        """Yield how it stands, again and again, from when all that is read has come.

        Raises NotFoundError once it is gone, and CannotAskError.
        """
        self._put_owners()
        watching = asyncio.create_task(self._watch())
        try:
            await self._met(watching)
            while True:
                now = time.time()
                self._looking.judge(now, whole=False)
                if (refused := self._looking.refused()) is not None:
                    raise CannotAskError(str(ApiProblem(refused)))
                current = self._looking.is_current(self.target.resource)
                yield self._told(now, current=current)
                await asyncio.wait({watching}, timeout=JUDGE_SECONDS)
                if watching.done():
                    watching.result()
        finally:
            watching.cancel()
            # Before it is, so that no watch is closed in good order, for which none would wait.
            await self._connection.close()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _watch(self) -> None:
        async with asyncio.TaskGroup() as group:
            running = Supervision(
                group, self._connection, self._looking.take, self._decoder, {}, Clock()
            )
            for resource, namespace in self.target.places.items():
                await running.start(resource, namespace)

    async def _met(self, watching: asyncio.Task[None]) -> None:
        """Return once each type was listed, or can't be."""
        until = time.monotonic() + FIRST_LISTS_SECONDS
        while missing := self._looking.not_met(self.target.places):
            if watching.done():
                watching.result()
            if time.monotonic() > until:
                named = ", ".join(sorted(each.key for each in missing))
                raise CannotAskError(
                    f"The server did not list these within {FIRST_LISTS_SECONDS:.0f} s: {named}."
                )
            await asyncio.sleep(0.05)
        for resource, problem in self._looking.problems():
            self._leave_out(resource, None, problem)
        if self.target.resource not in self._looking.listed:
            self._put(self.target.resource, self.target.image)

    def _leave_out(self, resource: Resource, namespace: str | None, problem: Problem) -> None:
        if problem.code not in _LEFT_OUT:
            raise CannotAskError(str(ApiProblem(problem)))
        self._looking.unread(resource, namespace, problem)

    def _put_owners(self) -> None:
        for resource, image in self.target.owners:
            self._put(resource, image)

    def _put(self, resource: Resource, image: Image) -> None:
        self._looking.put(Change(resource, "EXISTING", image, time.time()))

    def _told(self, now: float, *, current: bool = True) -> Answer:
        answer = self._looking.answer(now, current=current)
        if answer is None or self._looking.gone:
            name = f"{self.target.image.kind.lower()}/{self.target.image.metadata.name}"
            raise NotFoundError(f"{name} is gone.")
        return answer


@asynccontextmanager
async def asking(where: Where, asked: Asked) -> AsyncIterator[Cluster]:
    """Connect and find the object; raises NotFoundError or CannotAskError."""
    try:
        connection = await connect(kubeconfig=where.kubeconfig, context=where.context)
    except ApiProblem as error:
        raise CannotAskError(str(error)) from error
    # Its digests can be compared with nobody's.
    decoder = Decoder(secrets.token_bytes(32), judge=where.judge)
    try:
        identity = await connection.identify()
        target = await Finding(connection, decoder).target(asked, where.namespace)
        yield Cluster(connection, decoder, identity, target)
    except ApiProblem as error:
        raise CannotAskError(str(error)) from error
    finally:
        await connection.close()
