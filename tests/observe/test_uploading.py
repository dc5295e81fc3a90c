"""Baton ends in the middle of an upload: nothing of it stays, at the latest after a restart."""

import asyncio
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.observe.conftest import StartObserve
from tests.observe.running import until
from tests.web.forms import Form
from tests.web.served import Client


def begin(port: int) -> Client:
    """Send half an upload."""
    client = Client(port)
    form = Form(client)
    return client.ask(form.head(500_000), form.body(bytes(300_000)))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_an_upload_that_baton_ended_in_leaves_nothing(
    observe: StartObserve, kubeconfig: Path, data: Path, how: signal.Signals
) -> None:
    observing = await observe("--kubeconfig", kubeconfig)
    port = urlsplit(await observing.url()).port or 0
    client = await asyncio.to_thread(begin, port)
    await until(lambda: any(path.stat().st_size for path in data.glob("tape-*/tape")), "it comes")
    ended = await observing.end(how)
    client.close()
    if how == signal.SIGKILL:
        assert list(data.glob("tape-*"))
        again = await observe("--kubeconfig", kubeconfig)
        await again.url()
    else:
        assert ended.code == 0
        assert "cut off" not in ended.err
    assert not list(data.glob("tape-*"))
