"""Says how well a resource is being watched: at once when that changes, else now and then."""

from collections import deque

import msgspec

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.delivery import Delivery
from eventstream.objects.observations import Coverage, CoverageState, Gap, Problem
from eventstream.objects.resource import Resource

EVERY_SECONDS = 5.0
GAPS_SHOWN = 3
"""How many of the latest gaps go with each report; history has them all."""


class CoverageReport:
    """What was last said of one resource, and what goes into the next report.

    `version` is how far the resource has been read; `contact` and `last_event` are unix times.
    """

    def __init__(self, resource: Resource, delivery: Delivery, clock: Clock) -> None:
        self._resource = resource
        self._delivery = delivery
        self._clock = clock
        self._said: Coverage | None = None
        self._next_at = float("-inf")
        self._gaps: deque[Gap] = deque(maxlen=GAPS_SHOWN)
        self._gap_count = 0
        self._errors = 0
        self._last_error: tuple[Problem, float] | None = None
        self._lag: float | None = None
        self.version = ""
        self.contact: float | None = None
        self.last_event: float | None = None
        self.relists = 0
        self.unordered = False

    async def tell(
        self, state: CoverageState, problem: Problem | None = None, delay: float | None = None
    ) -> None:
        """Send the state; `delay` is in how many seconds the next attempt is due."""
        at = self._clock.now()
        said = self._said
        known = said is not None and (said.state, said.problem) == (state, problem)
        again = delay is None and known
        if again and at < self._next_at:
            return
        if problem is not None and state not in {"listing", "watching"} and not again:
            self._errors += 1
            self._last_error = problem, at
        await self._send(self._report(state, problem, at, delay))

    async def refresh(self) -> None:
        """Say again how the watch does, if any of it has changed since it was said."""
        said = self._said
        if said is None or said.state != "watching":
            return
        now = self._report(said.state, said.problem, said.at, None)
        if now != said:
            await self._send(msgspec.structs.replace(now, at=self._clock.now()))

    def missed(self, gap: Gap) -> None:
        """Take note that a stretch could not be seen."""
        self._gap_count += 1
        self._gaps.append(gap)

    def listed(self, version: str, at: float) -> None:
        """Take note that all that exists was taken at unix time `at`."""
        self.version = version
        self.contact = self.last_event = at

    async def heard(self, version: str, at: float) -> None:
        """Take note that lines came at unix time `at`, and all up to `version` is taken by now."""
        self.version = version
        self.contact = at
        self._lag = max(self._clock.now() - at, 0.0)
        if at >= self._next_at:
            await self.tell("watching")

    async def _send(self, report: Coverage) -> None:
        self._said = report
        self._next_at = report.at + EVERY_SECONDS
        await self._delivery.send(report)

    def _report(
        self, state: CoverageState, problem: Problem | None, at: float, delay: float | None
    ) -> Coverage:
        error, error_at = self._last_error or (None, None)
        return Coverage(
            self._resource,
            state,
            at,
            objects=self._delivery.held,
            relists=self.relists,
            last_contact=self.contact,
            retry_at=None if delay is None else at + delay,
            problem=problem,
            resource_version=self.version,
            last_event=self.last_event,
            lag=self._lag,
            gap_count=self._gap_count,
            gaps=tuple(self._gaps),
            errors=self._errors,
            last_error=error,
            last_error_at=error_at,
            unordered=self.unordered,
        )
