"""`observe --notify` tells of a stall that it watches, and of its end."""

from pathlib import Path

from practicecluster.cluster import PracticeCluster
from tests.notifying.receiver import receiving
from tests.observe.conftest import StartObserve
from tests.observe.playing import caught_up, playing
from tests.observe.running import get, until

BEFORE_IT_IS_MENDED = 42
"""So many writes of the recording come before a person gives another image."""

RULES = """
targets:
  ops: {webhook: {url: {env: OPS_URL}}}
rules:
  - {name: images, namespaces: [shop], diagnoses: [image-*], after: 0s, to: [ops]}
"""


async def test_a_stall_that_is_watched_is_told_and_its_end(
    cluster: PracticeCluster, kubeconfig: Path, data: Path, tmp_path: Path, observe: StartObserve
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    with receiving() as ops:
        running = await observe(
            *("--kubeconfig", kubeconfig, "--cluster-name", "practice", "--notify", rules),
            OPS_URL=ops.url,
        )
        url = await running.url()
        async with playing(cluster, "bad_image", data) as recording:
            await recording.play(until_write=BEFORE_IT_IS_MENDED)
            await until(lambda: len(ops.came) == 1, "the stall is told")
            await recording.play()
            await until(lambda: len(ops.came) == 2, "its end is told")
        await caught_up(cluster, data)
        _, page = await get(f"{url}/coverage")
        ended = await running.end()
    stalled, recovered = (event for _, _, event in ops.came[:2])
    assert stalled["type"] == "baton.trace.stalled"
    assert stalled["data"]["diagnosis"].startswith("image-")
    assert stalled["data"]["cluster"] == "practice"
    assert recovered["type"] == "baton.trace.recovered"
    assert recovered["data"]["trace"] == stalled["data"]["trace"]
    assert "Notifications" in page
    assert "hush" not in page + ended.out + ended.err
    assert ended.code == 0
