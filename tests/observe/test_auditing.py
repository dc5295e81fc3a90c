"""`observe --audit-file` upgrades steps by a log that is written, rotated, truncated and away."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from eventstream.explain.vocabulary.records import Step
from practicecluster.cluster import PracticeCluster
from tests.following.logs import Written, request
from tests.observe.auditing import KUBECTL, Audited
from tests.observe.conftest import StartObserve
from tests.observe.playing import caught_up
from tests.observe.running import History, Observing, get, until


@pytest.fixture
def log(tmp_path: Path) -> Written:
    directory = tmp_path / "audit"
    directory.mkdir()
    return Written(directory)


@pytest.fixture
def asked(cluster: PracticeCluster, log: Written) -> Audited:
    return Audited(cluster, log)


class Watched:
    """An observer that follows logs, and what it stored."""

    def __init__(
        self, start: StartObserve, kubeconfig: Path, data: Path, cluster: PracticeCluster
    ) -> None:
        self._start = start
        self._kubeconfig = kubeconfig
        self._data = data
        self._cluster = cluster
        self.history = History(data)
        self.url = ""
        self.running: Observing | None = None

    async def begin(self, *logs: Written, more: tuple[str, ...] = ()) -> None:
        options = [part for log in logs for part in ("--audit-file", log.path)]
        self.running = await self._start("--kubeconfig", self._kubeconfig, *options, *more)
        self.url = await self.running.url()
        await caught_up(self._cluster, self._data)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> str:
        assert self.running is not None
        return (await self.running.end(how)).err

    def step(self, name: str) -> Step | None:
        steps = self.history.steps().values()
        return next((step for step in steps if step.object.name == name), None)

    def counts(self) -> dict[str, int]:
        """How many steps each trace says that it has."""
        return {id_: trace.steps for id_, trace in self.history.traces().items()}

    def is_audited(self, name: str, user: str) -> bool:
        step = self.step(name)
        return step is not None and step.grades.who == "audited" and user in step.what

    async def audited(self, name: str, user: str) -> Step:
        await until(lambda: self.is_audited(name, user), f"{name} is known as {user}'s")
        step = self.step(name)
        assert step is not None
        return step

    async def log_is(self, state: str, **least: int) -> dict[str, Any]:
        """The one audit log's line in /coverage.json, once it says this state and such counts."""
        logs: list[dict[str, Any]] = []
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                told = await (await session.get(f"{self.url}/coverage.json")).json()
                logs = told["audit_logs"]
                if [each["state"] for each in logs] == [state]:
                    found: dict[str, Any] = logs[0]
                    if all(found[name] >= count for name, count in least.items()):
                        return found
                await asyncio.sleep(0.05)
        raise AssertionError(f"the log is never {state}, {least}: {logs}")


@pytest.fixture
def watched(
    observe: StartObserve, kubeconfig: Path, data: Path, cluster: PracticeCluster
) -> Watched:
    return Watched(observe, kubeconfig, data, cluster)


async def test_steps_get_user_agent_and_latency_and_refusals_become_steps(
    watched: Watched, asked: Audited, log: Written
) -> None:
    await watched.begin(log)
    asked.create("web", "ann")
    asked.refuse("untagged", "bob")
    step = await watched.audited("web", "ann")
    assert step.what.startswith("ann, with kubectl, asked the API server to create Deployment web")
    [said] = [piece.text for piece in step.evidence if piece.source == "audit"]
    assert said.startswith(f"ann ({KUBECTL}) sent a create of deployments web: 201, received ")
    assert said.endswith("answered after 10.0 ms")
    await until(lambda: watched.step("untagged") is not None, "the refusal is a step")
    refused = watched.step("untagged")
    assert refused is not None
    assert (refused.rule, refused.actor_name) == ("refused", "kubectl")
    assert "no latest tags" in refused.why
    trace = (await get(f"{watched.url}/traces/{step.trace}"))[1]
    assert "ann, with kubectl, asked the API server to create" in trace
    whole = watched.history.everything()
    assert "secret-group" not in whole
    assert "hunter2" not in whole
    assert "203.0.113.7" not in whole


async def test_no_request_is_lost_when_the_log_is_rotated_or_truncated(
    watched: Watched, asked: Audited, log: Written
) -> None:
    log.path.touch()
    await watched.begin(log)
    await watched.log_is("following")
    asked.create("before", "ann")
    log.rotate()
    asked.create("after", "bob")
    log.rotate()
    log.rotate()
    asked.create("later", "cy")
    await watched.audited("before", "ann")
    await watched.audited("after", "bob")
    await watched.audited("later", "cy")
    log.truncate()
    asked.create("anew", "dee")
    await watched.audited("anew", "dee")


async def test_half_a_line_waits_for_its_other_half_and_a_corrupt_one_ends_nothing(
    watched: Watched, asked: Audited, log: Written
) -> None:
    await watched.begin(log)
    line = asked.create("web", "ann", logged=False)
    log.append(b"no record\n" + line[:100])
    told = await watched.log_is("following", corrupt=1)
    assert (told["corrupt"], told["needs_attention"]) == (1, True)
    assert told["last_corrupt"].startswith("byte 0: not an audit record")
    assert not watched.is_audited("web", "ann")
    log.append(line[100:])
    await watched.audited("web", "ann")
    page = (await get(f"{watched.url}/coverage"))[1]
    assert "byte 0: not an audit record" in page
    assert "byte 0: not an audit record" in await watched.end()


async def test_a_log_that_is_not_there_yet_is_said_and_read_once_it_is(
    watched: Watched, asked: Audited, log: Written
) -> None:
    await watched.begin(log)
    told = await watched.log_is("missing")
    assert told["problem"]["code"] == "audit-log-missing"
    assert str(log.path) in (await get(f"{watched.url}/coverage"))[1]
    assert (await get(f"{watched.url}/readyz"))[0] == 200
    asked.create("web", "ann")
    await watched.audited("web", "ann")
    assert (await watched.log_is("following"))["problem"] is None
    assert "is not there" in await watched.end()


async def test_what_is_no_file_is_said_and_ends_nothing(
    watched: Watched, asked: Audited, log: Written
) -> None:
    log.path.mkdir()
    await watched.begin(log)
    told = await watched.log_is("unreadable")
    assert "not a plain file" in told["problem"]["message"]
    log.path.rmdir()
    asked.create("web", "ann")
    await watched.audited("web", "ann")


async def test_the_logs_of_several_api_servers_are_followed_together(
    watched: Watched, cluster: PracticeCluster, asked: Audited, log: Written, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Written(tmp_path / "other")
    await watched.begin(log, other)
    asked.create("here", "ann")
    Audited(cluster, other).create("there", "bob")
    await watched.audited("here", "ann")
    await watched.audited("there", "bob")
    assert [each.path for each in watched.history.audit_logs()] == sorted(
        [str(log.path), str(other.path)]
    )


async def test_of_one_namespace_alone_only_its_requests_are_told(
    watched: Watched, asked: Audited, log: Written
) -> None:
    await watched.begin(log, more=("--namespace", "elsewhere"))
    asked.refuse("untagged", "bob")
    line = request(1.0)
    log.append(line.replace(b"1970", b"2170"))  # Nothing to wait for but that it was read.
    await watched.log_is("following", records=2)
    assert watched.history.steps() == {}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_after_a_restart_nothing_is_weaker_doubled_or_lost(
    how: signal.Signals, watched: Watched, asked: Audited, log: Written
) -> None:
    await watched.begin(log)
    asked.create("before", "ann")
    asked.refuse("untagged", "bob")
    step = await watched.audited("before", "ann")
    await until(lambda: watched.step("untagged") is not None, "the refusal is a step")
    await until(lambda: all(each.resume for each in watched.history.audit_logs()), "it has a place")
    await until(lambda: len(watched.history.traces()) == 2, "both have a trace")
    before, counts = watched.history.steps(), watched.counts()
    await watched.end(how)
    asked.refuse("meanwhile", "bob")
    log.rotate()
    await watched.begin(log)
    asked.create("after", "cy")
    await watched.audited("after", "cy")
    await until(lambda: watched.step("meanwhile") is not None, "what was refused meanwhile is told")
    now = watched.history.steps()
    assert {id_: now[id_] for id_ in before} == before
    assert now[step.id].grades.who == "audited"
    assert sorted(each.object.name for each in now.values()) == [
        "after",
        "before",
        "meanwhile",
        "untagged",
    ]
    assert {id_: watched.counts()[id_] for id_ in counts} == counts


async def test_a_log_that_is_followed_no_more_is_no_part_of_coverage(
    watched: Watched, asked: Audited, log: Written
) -> None:
    await watched.begin(log)
    asked.create("web", "ann")
    step = await watched.audited("web", "ann")
    await watched.log_is("following")
    await watched.end()
    await watched.begin()
    assert watched.history.audit_logs() == []
    assert watched.history.steps()[step.id] == step
