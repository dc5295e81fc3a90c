"""Reads a resource, or one object of it, once: for who wants an answer now and follows nothing.

The same requests, bounds and order as a reflector's first list, and then no watch.
"""

from itertools import chain

import msgspec

from eventstream.kubeapi import problems
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.coverage import CoverageReport
from eventstream.kubeapi.delivery import Delivery, Sink
from eventstream.kubeapi.exchange import Exchange, LostError
from eventstream.kubeapi.gathering import EndlessError, Gathering
from eventstream.kubeapi.holdings import Holdings, NoRoomError
from eventstream.kubeapi.listing import page_parameters
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.rules import forbidden
from eventstream.kubeapi.states import Broken, Expired, Failed, Listing, Refused, Stalled
from eventstream.kubeapi.taking import Taking
from eventstream.objects.decoding import DecodeError, Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource


async def list_once(
    connection: Connection,
    decoder: Decoder,
    resource: Resource,
    namespace: str | None,
    sink: Sink,
    holdings: Holdings,
) -> Problem | None:
    """Send `sink` all objects of a resource that exist, and that these are all.

    Returns why it could not be read, of which nothing was sent then, or None.
    """
    clock = Clock()
    delivery = Delivery(resource, sink, holdings=holdings, turns=connection.turns)
    taking = Taking(resource, delivery, CoverageReport(resource, delivery, clock), clock)
    exchange = Exchange(connection, decoder, resource, namespace, clock)
    gathering = Gathering(resource, delivery, connection.bounds)
    try:
        images, version = await _whole(exchange, gathering)
        await taking.everything(images, version, None)
    except LostError as lost:
        return _problem(lost, resource)
    except EndlessError as endless:
        return endless.problem
    except NoRoomError:
        return problems.no_room(resource, holdings.most)
    return None


async def _whole(exchange: Exchange, gathering: Gathering) -> tuple[list[Image], str]:
    """All pages of a list; in one piece where its pages expire while they are read."""
    state = Listing()
    gathering.begin()
    while True:
        try:
            page = await exchange.page(page_parameters(state), gathering.take)
        except LostError as lost:
            if not isinstance(lost.outcome, Expired) or state.whole:
                raise
            state = Listing(whole=True)
            gathering.begin()
            continue
        version = state.version or page.version
        pages = (*state.pages, page.images)
        if not page.continue_token:
            return list(chain(*pages)), version
        gathering.page(page)
        state = msgspec.structs.replace(
            state, token=page.continue_token, version=version, pages=pages
        )


async def get_once(
    connection: Connection, decoder: Decoder, resource: Resource, namespace: str | None, name: str
) -> Image:
    """Return one object; raises ApiProblem, of status 404 where there is none."""
    path = f"{resource.path_in(namespace)}/{name}"
    try:
        body = await connection.get(path, most=connection.bounds.object_bytes)
    except ApiProblem as refusal:
        if refusal.problem.code == "forbidden":
            refusal.problem = forbidden(resource, namespace, refusal.problem)
        raise
    try:
        return decoder.image(resource, body)
    except DecodeError as error:
        raise ApiProblem(problems.malformed(resource, str(error))) from error


def _problem(lost: LostError, resource: Resource) -> Problem:
    outcome = lost.outcome
    if isinstance(outcome, Broken | Expired | Failed | Refused | Stalled) and outcome.problem:
        return outcome.problem
    return problems.internal(resource, lost)
