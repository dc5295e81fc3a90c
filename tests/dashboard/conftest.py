"""What several of the dashboard's tests begin with."""

from collections.abc import AsyncIterator

import pytest

from tests.dashboard.sockets import Page


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    opened = Page()
    yield opened
    await opened.socket.disconnect()
