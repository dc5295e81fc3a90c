"""The log of a running `observe`: all of it JSON on request, and of which cluster it is."""

import json
import sqlite3
from pathlib import Path

from tests.observe.conftest import StartObserve
from tests.observe.running import History, until


def stored(data: Path) -> bool:
    try:
        return bool(History(data).coverage())
    except sqlite3.OperationalError:
        return False  # There is no history yet, and nothing is said that would tell of one.


async def test_on_request_each_line_is_json_from_the_first_to_the_last(
    observe: StartObserve, kubeconfig: Path, data: Path
) -> None:
    arguments = ("--kubeconfig", kubeconfig, "--log-format", "json", "--cluster-name", "prod-eu")
    insecure = ("--host", "0.0.0.0", "--insecure-anyone-may-look")
    running = await observe(*arguments, *insecure, BATON_LOG_FORMAT="text")
    await until(lambda: stored(data), "it has stored what it saw")
    ended = await running.end()
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert (ended.code, ended.out) == (0, "")
    insecurely, began = lines[0], lines[1]
    assert insecurely["level"] == "warning"
    assert "cluster" not in insecurely, "which one it is was not known yet"
    assert (began["level"], began["cluster"]) == ("info", "prod-eu")
    assert began["message"].startswith("Watching prod-eu (http")
    assert "Dashboard: http://localhost:" in began["message"]


async def test_what_ends_the_start_is_json_too(observe: StartObserve, tmp_path: Path) -> None:
    arguments = ("--kubeconfig", tmp_path / "none")
    ended = await (await observe(*arguments, BATON_LOG_FORMAT="json")).ended()
    (line,) = map(json.loads, ended.err.splitlines())
    assert ended.code == 1
    assert line["level"] == "critical"
    assert "there is no such file" in line["message"]


async def test_a_format_that_nobody_knows_is_told(observe: StartObserve, kubeconfig: Path) -> None:
    ended = await (await observe("--kubeconfig", kubeconfig, BATON_LOG_FORMAT="xml")).ended()
    assert ended.code == 1
    assert ended.err == "Baton cannot start: BATON_LOG_FORMAT is 'xml'; use text or json.\n"
