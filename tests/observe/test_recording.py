"""`--record` writes what was seen, without what is withheld, as a tape that explains the same."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from practicecluster.cluster import PracticeCluster
from practicecluster.playlist import find_tape
from tests.observe.conftest import StartObserve
from tests.observe.playing import Playing, caught_up, playing
from tests.observe.running import ROOT, History

SECRET = "hunter2-and-more"


async def explained(tape: Path, data: Path) -> list[dict[str, Any]]:
    """The records of `manage.py explain`; it must find nothing wrong with the tape."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", "explain", tape),
        cwd=ROOT,
        env=os.environ | {"BATON_DATA": str(data)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def told(records: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """What each request says, sorted; versions and times, which playing makes anew, left out."""
    return sorted(
        (step["actor"], step["verb"], step["object"]["kind"], step["object"]["name"], step["what"])
        for step in records
        if step["record"] == "step" and step["verb"] not in {"store", "broadcast"}
    )


async def test_a_recording_explains_as_the_original_does(
    cluster: PracticeCluster, kubeconfig: Path, data: Path, tmp_path: Path, observe: StartObserve
) -> None:
    tape = tmp_path / "tape.jsonl"
    recording = Playing(cluster, "create", seconds=0.5)
    running = await observe("--kubeconfig", kubeconfig, "--record", tape)
    await running.url()
    await caught_up(cluster, data)
    await recording.play()
    await caught_up(cluster, data)
    assert (await running.end()).code == 0
    again = told(await explained(tape, data))
    assert len(again) > 30
    assert again == told(await explained(find_tape("create"), data))


async def test_a_recording_that_begins_with_a_restart_has_what_was_known_already(
    cluster: PracticeCluster, kubeconfig: Path, data: Path, tmp_path: Path, observe: StartObserve
) -> None:
    first = await observe("--kubeconfig", kubeconfig)
    await first.url()
    async with playing(cluster, "create", data) as recording:
        await recording.play(until_write=30)
        await caught_up(cluster, data)
        assert (await first.end()).code == 0
        tape = tmp_path / "tape.jsonl"
        tape.write_text("an earlier one\n")
        second = await observe("--kubeconfig", kubeconfig, "--record", tape)
        await second.url()
        await recording.play()
        await caught_up(cluster, data)
    assert (await second.end()).code == 0
    records = await explained(tape, data)
    deployment = next(each for each in records if each["record"] == "trace")
    assert deployment["title"] == "deployment/nginx"
    assert deployment["state"] == "complete"


async def test_nothing_that_is_withheld_reaches_recording_or_history(
    cluster: PracticeCluster, kubeconfig: Path, data: Path, tmp_path: Path, observe: StartObserve
) -> None:
    tape = tmp_path / "tape.jsonl"
    running = await observe("--kubeconfig", kubeconfig, "--record", tape)
    await running.url()
    await caught_up(cluster, data)
    pods = cluster.store.types.find("v1/pods")
    assert pods is not None
    cluster.store.put(pods, pod())
    await caught_up(cluster, data)
    assert (await running.end()).code == 0
    assert '"name":"keeps-a-secret"' in tape.read_text()
    stored = History(data).everything()
    assert "keeps-a-secret" in stored
    assert SECRET not in stored
    for file in [tape, *data.iterdir()]:
        assert SECRET.encode() not in file.read_bytes(), file.name


def pod() -> dict[str, Any]:
    container = {
        "name": "web",
        "image": "nginx",
        "args": [f"--password={SECRET}"],
        "env": [{"name": "PASSWORD", "value": SECRET}],
    }
    return {
        "metadata": {
            "name": "keeps-a-secret",
            "namespace": "shop",
            "uid": "5e1d7a5c-0f0f-4d6b-9b1a-3f8a8b6c2d10",
            "annotations": {"example.com/password": SECRET},
        },
        "spec": {"containers": [container]},
        "status": {"phase": "Pending"},
    }
