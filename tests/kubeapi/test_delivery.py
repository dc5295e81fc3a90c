"""What the sink does not take counts as not seen, and comes again."""

import asyncio

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.reflector import Reflector
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Observation
from tests.kubeapi.objects import POD_PATH, PODS, image, line, listed, pod
from tests.kubeapi.observing import Observed
from tests.kubeapi.scripted import Answer, Request, ScriptedServer, json_answer, stream


class FailsOnce(Observed):
    """A sink that refuses the change of one version, once."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version

    async def take(self, observation: Observation) -> None:
        if isinstance(observation, Change) and observation.after.version == self.version:
            self.version = ""
            raise OSError("disk full")
        await super().take(observation)


def serve_from(server: ScriptedServer, lines: dict[int, bytes]) -> None:
    def watch(request: Request) -> Answer | None:
        if not request.watches:
            return None
        return stream(*[lines[v] for v in lines if v > request.version], hold=True)

    server.handlers.insert(0, watch)


async def run_twice(reflector: Reflector, sink: Observed, changes: int) -> None:
    with pytest.raises(OSError, match="disk full"):
        await reflector.run()
    task = asyncio.create_task(reflector.run())
    await sink.until(lambda seen: len(seen.changes) == changes)
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize("refused", ["11", "12", "13"])
async def test_a_change_that_the_sink_refuses_comes_again_as_it_was(
    server: ScriptedServer, connection: Connection, refused: str
) -> None:
    lines = {11: line("ADDED", pod("a", 11)), 12: line("MODIFIED", pod("a", 12))}
    lines[13] = line("DELETED", pod("a", 13))
    serve_from(server, lines)
    sink = FailsOnce(refused)
    saved = Saved("10", [])
    reflector = Reflector(connection, PODS, sink.take, Decoder(b"key"), saved=saved)
    await run_twice(reflector, sink, 3)
    assert sink.told == [("ADDED", "a", "11"), ("MODIFIED", "a", "12"), ("DELETED", "a", "13")]
    before = [each.before.version if each.before else None for each in sink.changes]
    assert before == [None, "11", "12"]


@pytest.mark.parametrize("refused", ["1", "7", "20"])
async def test_a_relist_that_the_sink_refuses_in_part_goes_on_with_the_rest(
    server: ScriptedServer, connection: Connection, refused: str
) -> None:
    serve_from(server, {})
    server.on(POD_PATH, json_answer(listed(30, pod("a", 7), pod("b", 20))))
    sink = FailsOnce(refused)
    saved = Saved("", [image("a", 5), image("gone", 1)])
    reflector = Reflector(connection, PODS, sink.take, Decoder(b"key"), saved=saved)
    await run_twice(reflector, sink, 3)
    assert sink.told == [("VANISHED", "gone", "1"), ("MODIFIED", "a", "7"), ("ADDED", "b", "20")]
    assert sink.changes[1].before == image("a", 5)
