"""What hostile browsers do: each visit is finite, and comes from this machine.

What they are answered is theirs; what counts is that Baton goes on. A refusal is an answer.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import aiohttp

from practicecluster.playlist import find_tape

Visit = Callable[[aiohttp.ClientSession, str, Random], Coroutine[Any, Any, None]]

PATIENCE = 30.0
PAGES = ("/", "/cluster", "/changes", "/changes.csv", "/coverage", "/coverage.json", "/learn")
EXPECTED = (aiohttp.ClientError, OSError)
"""How a refusal may look to who is refused."""


async def pages(session: aiohttp.ClientSession, url: str, chance: Random) -> None:
    """Each page once, some by HEAD, some under a foreign name."""
    for path in PAGES:
        await _ask(session, chance.choice(("GET", "GET", "HEAD")), url + path)
    await _ask(session, "GET", f"{url}/changes?q={'a' * 5000}&from=1e999&to=-1")
    await _ask(session, "POST", url, headers={"Host": "evil.example"}, data=b"x" * 1_000_000)


async def sockets(session: aiohttp.ClientSession, url: str, chance: Random) -> None:
    """Ten sockets that ask for a view; half of them break off, none reads."""
    opened = []
    for number in range(10):
        with contextlib.suppress(*EXPECTED):
            live = await session.ws_connect(f"{url}/live", origin=url)
            opened.append(live)
            view = chance.choice(("now", "coverage", "changes", "traces/none", "nothing"))
            hello = {"type": "hello", "epoch": "", "since": number, "view": view}
            await live.send_str(json.dumps(hello))
    for live in opened:
        with contextlib.suppress(*EXPECTED):
            if chance.random() < 0.5 and (transport := live.get_extra_info("socket")) is not None:
                transport.shutdown(2)
            await live.close()


async def floods(session: aiohttp.ClientSession, url: str, chance: Random) -> None:
    """One socket that sends 200 messages at once, some of which are none."""
    with contextlib.suppress(*EXPECTED):
        live = await session.ws_connect(f"{url}/live", origin=url)
        for number in range(200):
            sub = {"type": "sub", "epoch": "", "since": number, "view": "now"}
            await live.send_str(json.dumps(sub) if chance.random() < 0.9 else "[" * 2000)
        await live.close()


async def halves(_session: aiohttp.ClientSession, url: str, chance: Random) -> None:
    """Twenty connections that say nothing, or half a request, and go."""
    host, _, port = url.removeprefix("http://").partition(":")
    opened = []
    for _ in range(20):
        with contextlib.suppress(*EXPECTED):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(chance.choice((b"", b"GET / HTTP/1.1\r\nHost: local", b"\x16\x03\x01")))
            opened.append(writer)
    for writer in opened:
        writer.close()


async def uploads(session: aiohttp.ClientSession, url: str, chance: Random) -> None:
    """A recording that is one, or one that is cut off and full of odd lines; looked at once."""
    tape = find_tape(chance.choice(("create", "crash_loop", "scale"))).read_bytes()
    if chance.random() < 0.5:
        tape = tape[: len(tape) // 2] + b'{"t":1e999}\n[]\n' * 100
    with contextlib.suppress(*EXPECTED):
        async with session.get(f"{url}/tape") as form:
            found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', await form.text())
        if found is None:
            return
        body = aiohttp.FormData({"csrfmiddlewaretoken": found[1]})
        body.add_field("tape", tape, filename="-rf.jsonl")
        async with session.post(f"{url}/tape", data=body, headers={"Origin": url}) as answer:
            await answer.read()


async def _ask(session: aiohttp.ClientSession, method: str, url: str, **more: object) -> None:
    with contextlib.suppress(*EXPECTED):
        async with session.request(method, url, **more) as answer:  # type: ignore[arg-type]
            await answer.read()


VISITS: tuple[Visit, ...] = (pages, sockets, floods, halves, uploads)


async def visit(url: str, chance: Random) -> int:
    """Make each visit once, all at the same time; return how many took over PATIENCE seconds."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        works = [asyncio.create_task(each(session, url, chance)) for each in VISITS]
        done, late = await asyncio.wait(works, timeout=PATIENCE)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for each in done:
            each.result()
        return len(late)
