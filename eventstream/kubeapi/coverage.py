"""Says how well a resource is being watched: at once when that changes, else now and then."""

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.delivery import Delivery
from eventstream.objects.observations import Coverage, CoverageState, Problem
from eventstream.objects.resource import Resource

EVERY_SECONDS = 5.0


class CoverageReport:
    """What was last said of one resource, and what goes into the next report."""

    def __init__(self, resource: Resource, delivery: Delivery, clock: Clock) -> None:
        self._resource = resource
        self._delivery = delivery
        self._clock = clock
        self._said: tuple[CoverageState, Problem | None] | None = None
        self._next_at = float("-inf")
        self.contact: float | None = None
        self.relists = 0

    async def tell(
        self, state: CoverageState, problem: Problem | None = None, delay: float | None = None
    ) -> None:
        """Send the state; `delay` is in how many seconds the next attempt is due."""
        at = self._clock.now()
        if delay is None and self._said == (state, problem) and at < self._next_at:
            return
        told = Coverage(
            self._resource,
            state,
            at,
            objects=self._delivery.held,
            relists=self.relists,
            last_contact=self.contact,
            retry_at=None if delay is None else at + delay,
            problem=problem,
        )
        await self._delivery.send(told)
        self._said = (state, problem)
        self._next_at = at + EVERY_SECONDS

    async def heard(self, at: float) -> None:
        """Take note that the watch proved alive at unix time `at`."""
        self.contact = at
        if at >= self._next_at:
            await self.tell("watching")
