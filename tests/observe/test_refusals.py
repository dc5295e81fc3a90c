"""What cannot be done ends `observe` at once, non-zero, with what is wrong and what to do."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.observe.conftest import StartObserve
from tests.observe.running import Ended, History, until


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(ended: Ended, *said: str) -> None:
    assert ended.code == 1
    assert "Dashboard:" not in ended.out
    assert "Traceback" not in ended.err
    for part in said:
        assert part in ended.err


async def test_no_cluster_at_all_names_make_run(observe: StartObserve) -> None:
    ended = await (await observe()).ended()
    refused(ended, "No cluster to watch was found", "--kubeconfig", "`make run`")


async def test_a_kubeconfig_that_does_not_exist(observe: StartObserve, tmp_path: Path) -> None:
    ended = await (await observe("--kubeconfig", tmp_path / "none")).ended()
    refused(ended, str(tmp_path / "none"), "there is no such file")


async def test_a_kubeconfig_that_does_not_parse(observe: StartObserve, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("clusters:\n- name: [\n")
    ended = await (await observe("--kubeconfig", broken)).ended()
    refused(ended, f"{broken}, line 3", "What to do:")


async def test_an_unknown_context(observe: StartObserve, kubeconfig: Path) -> None:
    ended = await (await observe("--kubeconfig", kubeconfig, "--context", "prod")).ended()
    refused(ended, "has no context 'prod'", "practice")


async def test_a_server_with_another_certificate(observe: StartObserve, tmp_path: Path) -> None:
    async with PracticeCluster(tls=True) as cluster, PracticeCluster(tls=True) as other:
        config = cluster.kubeconfig()
        config["clusters"][0]["cluster"]["server"] = other.url
        write_kubeconfig(config, tmp_path / "kubeconfig")
        ended = await (await observe("--kubeconfig", tmp_path / "kubeconfig")).ended()
    refused(ended, f"The certificate of {other.url} is not the expected one", "What to do:")


async def test_a_server_that_is_not_there(observe: StartObserve, tmp_path: Path) -> None:
    async with PracticeCluster() as cluster:
        write_kubeconfig(cluster.kubeconfig(), tmp_path / "kubeconfig")
        url = cluster.url
    ended = await (await observe("--kubeconfig", tmp_path / "kubeconfig")).ended()
    refused(ended, f"The server {url} cannot be reached", "What to do:")


async def test_a_taken_port_is_told_before_anything_else_happens(
    observe: StartObserve, cluster: PracticeCluster, kubeconfig: Path, data: Path, taken_port: int
) -> None:
    running = await observe("--kubeconfig", kubeconfig, "--port", str(taken_port))
    refused(await running.ended(), f"127.0.0.1:{taken_port}", "already in use", "--port")
    assert not (data / "baton.sqlite3").exists()


@pytest.mark.parametrize(
    ("name", "address"), [("--port", "65536"), ("--host", "192.0.2.1"), ("--host", "no.invalid")]
)
async def test_an_address_that_cannot_be(
    observe: StartObserve, kubeconfig: Path, name: str, address: str
) -> None:
    running = await observe("--kubeconfig", kubeconfig, name, address)
    refused(await running.ended(), address, "Cannot serve the dashboard")


async def test_a_recording_that_cannot_be_written(
    observe: StartObserve, kubeconfig: Path, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "none" / "tape.jsonl"
    running = await observe("--kubeconfig", kubeconfig, "--record", path)
    refused(await running.ended(), f"Cannot record to {path}: No such file or directory")
    assert not (data / "baton.sqlite3").exists()


async def test_an_earlier_recording_survives_a_cluster_that_cannot_be_reached(
    observe: StartObserve, tmp_path: Path
) -> None:
    tape = tmp_path / "tape.jsonl"
    tape.write_text("an earlier one\n")
    refused(await (await observe("--record", tape)).ended(), "No cluster to watch was found")
    assert tape.read_text() == "an earlier one\n"


async def test_the_history_of_another_cluster_is_not_gone_on_with(
    observe: StartObserve, kubeconfig: Path, data: Path, tmp_path: Path
) -> None:
    first = await observe("--kubeconfig", kubeconfig)
    await first.url()
    await until(lambda: bool(History(data).coverage()), "it has stored what it saw")
    assert (await first.end()).code == 0
    async with PracticeCluster() as other:
        write_kubeconfig(other.kubeconfig(), tmp_path / "other")
        second = await observe("--kubeconfig", tmp_path / "other")
        refused(await second.ended(), "holds the history of cluster practice", "BATON_DATA")


async def test_the_history_of_the_whole_cluster_is_not_gone_on_with_for_one_namespace(
    observe: StartObserve, kubeconfig: Path, data: Path
) -> None:
    first = await observe("--kubeconfig", kubeconfig)
    await first.url()
    await until(lambda: bool(History(data).coverage()), "it has stored what it saw")
    assert (await first.end()).code == 0
    second = await observe("--kubeconfig", kubeconfig, "--namespace", "shop")
    refused(await second.ended(), "namespaces/shop", "BATON_DATA")


async def test_a_second_process_on_the_same_history(
    observe: StartObserve, kubeconfig: Path
) -> None:
    first = await observe("--kubeconfig", kubeconfig)
    await first.url()
    second = await observe("--kubeconfig", kubeconfig)
    refused(await second.ended(), "Another Baton is writing its history", "BATON_DATA")
    assert (await first.end()).code == 0


async def test_a_file_in_the_place_of_the_database_is_kept_and_a_history_begun(
    observe: StartObserve, kubeconfig: Path, data: Path
) -> None:
    data.mkdir()
    text = "not a database, and longer than a header\n" * 100
    (data / "baton.sqlite3").write_text(text)
    running = await observe("--kubeconfig", kubeconfig)
    await running.url()
    ended = await running.end()
    [kept] = data.glob("baton.sqlite3.no-database-*")
    assert kept.read_text() == text
    assert kept.name in f"{ended.out}{ended.err}"
    assert (data / "baton.sqlite3").read_bytes().startswith(b"SQLite format 3")
    shutil.rmtree(data)
