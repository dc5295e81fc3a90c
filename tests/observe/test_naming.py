"""What the cluster is called: as somebody said, else as the kubeconfig has it."""

from pathlib import Path

from tests.observe.conftest import StartObserve
from tests.observe.running import History, get, until


async def test_a_cluster_is_called_as_the_command_says_before_the_environment(
    observe: StartObserve, kubeconfig: Path, data: Path
) -> None:
    arguments = ("--kubeconfig", kubeconfig, "--cluster-name", "prod-eu")
    running = await observe(*arguments, BATON_CLUSTER_NAME="other")
    url = await running.url()
    await until(lambda: bool(History(data).coverage()), "it has stored what it saw")
    _, page = await get(f"{url}/")
    assert "<bdi>prod-eu</bdi>" in page
    ended = await running.end()
    assert "Watching prod-eu (http" in ended.out


async def test_by_itself_it_is_called_after_its_context(
    observe: StartObserve, kubeconfig: Path, data: Path
) -> None:
    running = await observe("--kubeconfig", kubeconfig)
    url = await running.url()
    await until(lambda: bool(History(data).coverage()), "it has stored what it saw")
    _, page = await get(f"{url}/")
    assert "<bdi>practice</bdi>" in page
    assert (await running.end()).code == 0


async def test_a_name_that_no_header_can_hold_is_refused(
    observe: StartObserve, kubeconfig: Path
) -> None:
    running = await observe("--kubeconfig", kubeconfig, "--cluster-name", "a\nb")
    ended = await running.ended()
    assert ended.code == 2
    assert "--cluster-name: a cluster's name is plain text on one line" in ended.err
