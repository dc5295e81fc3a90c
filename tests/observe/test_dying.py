"""A part of the watching that dies ends the process: no dashboard is ever silently dead."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from django.template.base import Template

from eventstream.explain.engine.engine import Engine
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.running import ROOT

BROKEN = """
import time
from {module} import {name}

def broken(*_):
    raise KeyError("the part that a test broke")

def stuck(*_):
    time.sleep(600)

{name}.{method} = {how}
"""


@pytest.fixture
def break_part(tmp_path: Path) -> Callable[..., str]:
    """Make a PYTHONPATH by which one method is broken before `observe` begins."""

    def write(part: type, method: str, how: str) -> str:
        code = BROKEN.format(module=part.__module__, name=part.__name__, method=method, how=how)
        (tmp_path / "sitecustomize.py").write_text(code)
        return f"{tmp_path}:{ROOT}"

    return write


async def test_a_judging_task_that_dies_ends_the_process_with_a_message(
    observe: StartObserve, kubeconfig: Path, break_part: Callable[..., str]
) -> None:
    path = break_part(Engine, "ticking", "broken")
    running = await observe("--kubeconfig", kubeconfig, PYTHONPATH=path)
    ended = await running.ended()
    assert ended.code == 1
    assert "Watching ended by itself: KeyError: 'the part that a test broke'" in ended.err
    assert "report it" in ended.err
    assert "Traceback" in ended.err


async def test_a_recording_that_fails_ends_the_process_with_a_message(
    observe: StartObserve, cluster: PracticeCluster, kubeconfig: Path
) -> None:
    running = await observe("--kubeconfig", kubeconfig, "--record", "/dev/full")
    ended = await running.ended()
    assert ended.code == 1
    assert "Cannot record to /dev/full: No space left on device" in ended.err
    assert "Traceback" not in ended.err


async def test_a_page_that_is_stuck_does_not_hold_the_end(
    observe: StartObserve, kubeconfig: Path, break_part: Callable[..., str]
) -> None:
    path = break_part(Template, "render", "stuck")
    running = await observe("--kubeconfig", kubeconfig, PYTHONPATH=path)
    url = await running.url()
    async with aiohttp.ClientSession() as session:
        with contextlib.suppress(TimeoutError):
            await session.get(url, timeout=aiohttp.ClientTimeout(total=1.0))
        ended = await running.end()
    assert ended.code == 0
    assert "Ending took longer than 4.5 s; what still runs is cut off." in ended.err
