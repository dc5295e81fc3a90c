"""What may not be read is named beside the answer; what fails otherwise ends the question."""

import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eventstream.kinds import taught
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from terminal import command, printing
from terminal.answers import Answer, CannotAskError, NotFoundError
from terminal.cluster import Where, asking
from terminal.exits import Exit
from terminal.naming import parse
from tests.practicecluster.objects import (
    CRDS,
    PODS,
    WEBSITES,
    delete,
    pod,
    put,
    website,
    website_crd,
)


@pytest.fixture
async def cluster() -> AsyncIterator[PracticeCluster]:
    async with PracticeCluster() as serving:
        yield serving


def where(cluster: PracticeCluster, tmp_path: Path) -> Where:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(cluster.kubeconfig(), path)
    return Where(taught.judge(), str(path), None, "shop")


async def once(cluster: PracticeCluster, tmp_path: Path, *words: str) -> Answer:
    async with asking(where(cluster, tmp_path), parse(words)) as found:
        return await found.once()


async def test_what_may_not_be_read_is_named_beside_what_is_told(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, PODS, pod("a"))
    cluster.access.forbidden |= {"nodes", "events", "persistentvolumes"}
    answer = await once(cluster, tmp_path, "po/a")
    assert (answer.trace.state, answer.trace.holder) == ("stalled", "scheduler")
    assert [each.what for each in answer.unread] == ["events in shop", "nodes", "persistentvolumes"]
    text = printing.text(answer)
    assert "Not read         events in shop, nodes, persistentvolumes; what follows" in text
    rules = [each["rule"] for each in json.loads(printing.json(answer))["unread"]]
    assert 'resources: ["events"]' in rules[0]


def test_options_may_stand_anywhere_as_for_kubectl(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = ("--kubeconfig", "/nonexistent")
    for words in (["pod", "a"], ["pod/a"], ["pod", "-n", "shop", "a"], ["-nshop", "pod/a", "-w"]):
        assert command.main([*words, *nowhere]) == Exit.CANNOT_ASK
        assert "/nonexistent" in capsys.readouterr().err


async def test_what_is_listed_elsewhere_is_not_asked_for(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, PODS, pod("a"))
    put(cluster.store, PODS, pod("a", namespace="vault"))
    answer = await once(cluster, tmp_path, "po/a")
    assert answer.object.namespace == "shop"


async def test_an_object_that_may_not_be_read_cannot_be_asked_about(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, PODS, pod("a"))
    cluster.access.forbidden.add("pods")
    with pytest.raises(CannotAskError, match="does not allow GET"):
        await once(cluster, tmp_path, "pod", "a")


async def test_a_server_that_fails_gives_no_half_of_an_answer(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, PODS, pod("a"))
    cluster.faults.answer("/api/v1/nodes", 500, times=9)
    with pytest.raises(CannotAskError, match="500"):
        await once(cluster, tmp_path, "pod/a")


async def test_a_custom_resource_is_owner_enough_to_be_read_by_name(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    put(cluster.store, WEBSITES, website("site", 1))
    owned = pod("a")
    owner = {"apiVersion": "stable.example.com/v1", "kind": "Website", "name": "site"}
    owned["metadata"]["ownerReferences"] = [owner | {"uid": "uid-of-site", "controller": True}]
    put(cluster.store, PODS, owned)
    async with asking(where(cluster, tmp_path), parse(["pod/a"])) as found:
        assert [image.metadata.name for _, image in found.target.owners] == ["site"]
    answer = await once(cluster, tmp_path, "ws/site")
    assert (answer.object.kind, answer.object.name) == ("Website", "site")


async def test_what_is_deleted_while_it_is_watched_is_not_found_any_more(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, PODS, pod("a"))
    async with (
        asking(where(cluster, tmp_path), parse(["pod/a"])) as found,
        contextlib.aclosing(found.follow()) as answers,
    ):
        assert (await anext(answers)).trace.holder == "scheduler"
        delete(cluster.store, PODS, pod("a"))
        with pytest.raises(NotFoundError, match="pod/a is gone"):
            async for _ in answers:
                pass


async def test_while_the_watch_is_interrupted_nothing_is_told_as_of_now(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    put(cluster.store, PODS, pod("a"))
    async with (
        asking(where(cluster, tmp_path), parse(["pod/a"])) as found,
        contextlib.aclosing(found.follow()) as answers,
    ):
        assert (await anext(answers)).current
        await cluster.down()
        answer = await _next(answers, current=False)
        assert "Not of now" in printing.text(answer)
        assert answer.at < time.time()
        await cluster.up()
        assert "Not of now" not in printing.text(await _next(answers, current=True))


async def _next(answers: AsyncIterator[Answer], *, current: bool) -> Answer:
    async for answer in answers:
        if answer.current is current:
            return answer
    raise AssertionError
