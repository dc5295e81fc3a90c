"""Five hundred open pages while much happens: is each told all, in order, and how soon?

A practice cluster reports 200 statuses a second, of twenty Deployments in four namespaces. Half of
the pages follow the feed, half a trace; once all are one viewer who may see everything, and once
32 people sign in who may each see one namespace. What each page was told last is held against the
page as it is loaded afterwards. The pages are in a process of their own (`--pages`).
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp
import psutil

from benchmarks.programs import Dashboard
from benchmarks.writing import DEPLOYMENTS, Writing
from practicecluster.access import Viewer

NAMESPACES = ("shop", "bank", "mail", "play")
TOKENS = [f"token-of-person-{number:02}-0000" for number in range(32)]
"""Each sees one namespace, in turn."""
LAG_ALLOWED = 1.0
_COUNT = re.compile(r": (\d+) existing")
_NAME = re.compile(r"written-\d\d")
_ROW = re.compile(r'data-id="([^"]+)"\s+data-revision="(\d+)"')
_START = re.compile(r'data-(epoch|seq)="([^"]*)"')


_loading = asyncio.Semaphore(16)


class Person:
    """Who looks: a session of a browser, signed in where that is asked for."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        # Attempts to sign in are limited by address.
        source = f"127.0.0.{2 + zlib.crc32(token.encode()) % 250}", 0
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(local_addr=source, limit=0),
            cookie_jar=aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=url),
        )

    async def sign_in(self) -> None:
        """Sign in, by the form that a person fills in."""
        if not self._token:
            return
        await self.page("/login")
        (csrf,) = [each.value for each in self.http.cookie_jar if "csrf" in each.key]
        form = {"csrfmiddlewaretoken": csrf, "token": self._token}
        async with self.http.post(
            f"{self.url}/login", data=form, headers={"Origin": self.url}, allow_redirects=False
        ) as answer:
            assert answer.status in (302, 303), await answer.text()

    async def page(self, path: str) -> str:
        """The page at `path`; few load at a time, as of more some would be refused."""
        async with (
            _loading,
            self.http.get(self.url + path, headers={"Accept": "text/html"}) as answer,
        ):
            return await answer.text()


class Looking:
    """One open page: what it was told last of each row, and when it first heard of each count."""

    def __init__(self, person: Person, path: str) -> None:
        self.person, self.path = person, path
        self.rows: dict[str, int] = {}
        self.heard: dict[tuple[str, int], float] = {}
        self.wrong = 0
        self._seq = 0

    async def follow(self) -> None:
        """Load the page and take in what it is told, for good."""
        html = await self.person.page(self.path)
        self.rows = {id_: int(revision) for id_, revision in _ROW.findall(html)}
        start = dict(_START.findall(html))
        self._seq = int(start["seq"])
        view = "now" if self.path == "/" else self.path[1:]
        hello = {"type": "hello", "epoch": start["epoch"], "since": self._seq, "view": view}
        live = f"{self.person.url}/live"
        async with self.person.http.ws_connect(live, origin=self.person.url, max_msg_size=0) as ws:
            await ws.send_json(hello)
            async for message in ws:
                told = json.loads(message.data)
                if told["type"] == "batch":
                    self._take(told)
                    await ws.send_json({"type": "ack", "seq": told["seq"]})
                elif told["type"] in ("welcome", "refused") and told.get("reset", True):
                    raise AssertionError(f"{self.path}: {told}")

    def _take(self, batch: dict[str, Any]) -> None:
        now = time.time()
        self.wrong += batch["seq"] < self._seq
        self._seq = batch["seq"]
        for id_, revision, kind, html in batch["ops"]:
            if kind == "row":
                self.wrong += revision <= self.rows.get(id_, 0)
                self.rows[id_] = revision
            for count in _COUNT.findall(html):
                name = _NAME.search(html)
                self.heard.setdefault((name[0] if name else "", int(count)), now)


async def follow_all(url: str, wanted: list[tuple[str, str]], over: asyncio.Event) -> None:
    """Open a page for each token and path; print what they were told once `over` is set."""
    people = {token: Person(url, token) for token, _ in wanted}
    for person in people.values():
        await person.sign_in()
    pages = [Looking(people[token], path) for token, path in wanted]
    following = [asyncio.create_task(page.follow()) for page in pages]
    print("open", flush=True)
    await over.wait()
    failed = [str(each.exception()) for each in following if each.done()]
    fresh: dict[tuple[Person, str], dict[str, int]] = {}
    behind = 0
    for page in pages:
        key = page.person, page.path
        if key not in fresh:
            rows = _ROW.findall(await page.person.page(page.path))
            fresh[key] = {id_: int(revision) for id_, revision in rows}
        told = page.rows if page.path == "/" else fresh[key]
        behind += any(told.get(id_) != revision for id_, revision in fresh[key].items())
    said = {
        "ended": failed,
        "wrong": sum(page.wrong for page in pages),
        "behind": behind,
        "heard": [[[*what, at] for what, at in page.heard.items()] for page in pages],
    }
    print(json.dumps(said), flush=True)
    for each in following:
        each.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    for person in people.values():
        await person.http.close()


async def _until_told() -> asyncio.Event:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, over.set)
    return over


async def _pages(url: str, wanted: list[tuple[str, str]]) -> None:
    await follow_all(url, wanted, await _until_told())


class Watched:
    """What the dashboard takes meanwhile."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._began = time.monotonic(), self._worked()
        self.megabytes = 0.0

    def _worked(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def look(self) -> None:
        """Note how much memory it has now."""
        self.megabytes = max(self.megabytes, self._process.memory_info().rss / 1e6)

    def core(self) -> float:
        """The share of one core so far."""
        at, worked = self._began
        return (self._worked() - worked) / (time.monotonic() - at)


@contextmanager
def open_pages(url: str, wanted: list[tuple[str, str]]) -> Iterator[subprocess.Popen[str]]:
    """The pages in their own process, once all are asked for."""
    command = [sys.executable, "-m", "benchmarks.fanout", "--pages", url]
    with subprocess.Popen(  # noqa: S603  # Our own.
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdin
        assert run.stdout
        run.stdin.write(json.dumps(wanted) + "\n")
        run.stdin.flush()
        assert run.stdout.readline() == "open\n"
        yield run


def measure(directory: Path, options: argparse.Namespace, tokens: list[str]) -> None:
    """Print how one installation does: with `tokens`, people sign in."""
    people = {
        token: Viewer(f"person-{number}", namespaces=frozenset({namespace}))
        for number, (token, namespace) in enumerate(zip(tokens, cycle(NAMESPACES), strict=False))
    }
    environment = {"BATON_SIGN_IN": "token" if tokens else "local"}
    with Writing(directory / "kubeconfig", NAMESPACES, people) as cluster, ExitStack() as stack:
        dashboard = Dashboard(directory, directory / "kubeconfig", environment)
        stack.callback(dashboard.end)
        dashboard.program.wait_until(dashboard.has_listed)
        cluster.create()
        wanted = asyncio.run(
            _wanted(
                dashboard.url,
                tokens or [""],
                options.sockets,
                DEPLOYMENTS // len(NAMESPACES) if tokens else DEPLOYMENTS,
            )
        )
        pages = stack.enter_context(open_pages(dashboard.url, wanted))
        time.sleep(options.sockets / 25)
        watched = Watched(dashboard.program.pid)
        written = cluster.write(options.rate, options.seconds)
        watched.look()
        core = watched.core()
        time.sleep(3)
        output, _ = pages.communicate("over\n")
        _told(json.loads(output), written, f"{core:.0%} of a core, {watched.megabytes:.0f} MB")


async def _wanted(url: str, tokens: list[str], pages: int, traces: int) -> list[tuple[str, str]]:
    """So many pages, each person's in turn: the feed, and then one of their traces."""
    of_people = []
    for token in tokens:
        person = Person(url, token)
        await person.sign_in()
        ids: list[str] = []
        while len(ids) < traces:
            ids = [id_ for id_, _ in _ROW.findall(await person.page("/"))]
        of_people.append(cycle([(token, path) for id_ in ids for path in ("/", f"/traces/{id_}")]))
        await person.http.close()
    return [next(paths) for paths in islice(cycle(of_people), pages)]


def _told(told: dict[str, Any], written: dict[tuple[str, int], float], cost: str) -> None:
    lags = [
        at - written[name, count]
        for heard in told["heard"]
        for name, count, at in heard
        if (name, count) in written
    ]
    cuts = quantiles(lags, n=20)
    verdict = "ok" if cuts[18] <= LAG_ALLOWED else "MISSED"
    print(f"    {len(lags):,} sightings of {len(written):,} writes; the dashboard took {cost}")
    print(f"    lag: median {cuts[9]:.2f} s, 95th percentile {cuts[18]:.2f} s of 1.00  {verdict}")
    for why in sorted(set(told["ended"])):
        print(f"    {told['ended'].count(why)} pages ended: {why}")
    for what in ("wrong", "behind"):
        print(f"    {what}: {told[what]}  {'MISSED' if told[what] else 'ok'}")


def main() -> None:
    """Print each number beside what it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--pages", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pages:
        asyncio.run(_pages(options.pages, json.loads(sys.stdin.readline())))
        return
    for what, tokens in (("one viewer", []), ("32 people, each of one namespace", TOKENS)):
        print(f"{options.sockets} pages at {options.rate} steps a second, {what}:", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            measure(Path(scratch), options, tokens)


if __name__ == "__main__":
    main()
