"""Planted secrets, in every place where clusters keep them, are found nowhere that Baton writes.

Nor are tokens: neither Baton's own, nor a viewer's, in history, recording, log, address or page.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import caught_up
from tests.observe.running import ROOT, History
from tests.observe.test_sign_in import signed_in

VIEWERS = "viewers-token-Zt5wPq81nLb4"
SHOWN = "seen-by-all"
"""What is no secret: that it is found shows that the places are looked into."""

PLACES = (
    *("env", "annotation", "last-applied", "argument", "command", "probe-header", "lifecycle"),
    *("volume-attribute", "flex-option", "secret", "config-map", "custom-resource"),
    *("event-url", "event-bearer", "condition-url", "termination-message"),
)


def canary(place: str) -> str:
    """A secret that no rule can know by its form, but where it is in words: there it is a
    credential by its form, as such are.
    """
    return f"Kq7{place.replace('-', '')}W3vXz9Rt"


def url(place: str) -> str:
    return f"https://robot:{canary(place)}@registry.example/v2/"


def metadata(name: str, **more: Any) -> dict[str, Any]:
    uid = f"0{len(name):07d}-0f0f-4d6b-9b1a-{abs(hash(name)) % 10**12:012d}"
    return {"name": name, "namespace": "shop", "uid": uid, "generation": 1, **more}


def pod() -> dict[str, Any]:
    applied = {"spec": {"containers": [{"env": [{"value": canary("last-applied")}]}]}}
    header = {"name": "Authorization", "value": canary("probe-header")}
    probe = {"httpGet": {"path": "/", "port": 80, "httpHeaders": [header]}}
    hook = {"preStop": {"exec": {"command": ["sh", "-c", f"curl -u me:{canary('lifecycle')} x"]}}}
    container = {
        "name": "web",
        "image": "nginx",
        "command": ["serve", f"--key={canary('command')}"],
        "args": [f"--password={canary('argument')}"],
        "env": [{"name": "PASSWORD", "value": canary("env")}],
        "livenessProbe": probe,
        "lifecycle": hook,
    }
    csi = {"driver": "csi.example", "volumeAttributes": {"token": canary("volume-attribute")}}
    flex = {"driver": "flex.example", "options": {"key": canary("flex-option")}}
    ended = {"exitCode": 1, "reason": "Error", "message": f"at {url('termination-message')}"}
    status = {"name": "web", "ready": False, "restartCount": 1, "state": {"terminated": ended}}
    failed = {
        "type": "Ready",
        "status": "False",
        "reason": "Failed",
        "message": f"no answer from {url('condition-url')}",
    }
    annotations = {
        "example.com/key": canary("annotation"),
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied),
    }
    return {
        "metadata": metadata(SHOWN, annotations=annotations),
        "spec": {
            "containers": [container],
            "volumes": [{"name": "a", "csi": csi}, {"name": "b", "flexVolume": flex}],
        },
        "status": {"phase": "Running", "conditions": [failed], "containerStatuses": [status]},
    }


def event(name: str, message: str) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "shop", "name": SHOWN, "uid": metadata(SHOWN)["uid"]}
    return {
        "metadata": metadata(name),
        "involvedObject": {"apiVersion": "v1", **about},
        "reason": "Failed",
        "message": message,
        "type": "Warning",
        "source": {"component": "kubelet"},
    }


def planted() -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of the cluster, each with its type."""
    yield "v1/pods", pod()
    yield "v1/secrets", {"metadata": metadata("hidden"), "data": {"key": canary("secret")}}
    yield "v1/configmaps", {"metadata": metadata("plain"), "data": {"key": canary("config-map")}}
    yield "v1/events", event("pulling.1", f"Failed to pull {url('event-url')}web:1")
    bearer = f"GET x: Authorization: Bearer {canary('event-bearer')}"
    yield "v1/events", event("asking.2", bearer)


def website() -> tuple[dict[str, Any], dict[str, Any]]:
    """A type, and an object of it."""
    names = {"plural": "websites", "singular": "website", "kind": "Website"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {}}
    spec = {
        "group": "stable.example.com",
        "names": {**names, "listKind": "WebsiteList"},
        "scope": "Namespaced",
        "versions": [version],
    }
    established = [{"type": "Established", "status": "True"}]
    definition = {
        "metadata": {"name": "websites.stable.example.com", "uid": "c" * 8, "generation": 1},
        "spec": spec,
        "status": {"acceptedNames": names, "conditions": established, "storedVersions": ["v1"]},
    }
    made = {"metadata": metadata("shop"), "spec": {"apiKey": canary("custom-resource")}}
    return definition, made


def plant(cluster: PracticeCluster) -> None:
    store = cluster.store
    definition, made = website()
    crds = store.types.find("apiextensions.k8s.io/v1/customresourcedefinitions")
    assert crds is not None
    store.put(crds, definition)
    for key, content in (*planted(), ("stable.example.com/v1/websites", made)):
        served = store.types.find(key)
        assert served is not None, key
        store.put(served, content)


class Shown:
    """All that a viewer is shown, by what it is; the heads of answers beside their bodies."""

    def __init__(self, browser: aiohttp.ClientSession, address: str, held: str) -> None:
        self.texts: dict[str, str] = {"html": "", "csv": "", "json": "", "socket": ""}
        self._browser, self._address = browser, address
        self._cookie = {"Cookie": f"__Host-baton={held}"}

    async def get(self, path: str) -> None:
        async with self._browser.get(f"{self._address}{path}", headers=self._cookie) as answer:
            assert answer.status == 200, path
            sort = answer.content_type.partition("/")[2]
            self.texts[sort] += f"{answer.url}\n{answer.headers}\n{await answer.text()}"

    async def everything(self) -> None:
        """Pages, fragments, files, and what the socket is told."""
        uid = metadata(SHOWN)["uid"]
        paths = ["/?background=1", "/changes", "/cluster", "/window", "/coverage", "/writers"]
        paths += ["/learn", "/reference", "/tape", f"/objects/{uid}", f"/?text={SHOWN}"]
        files = ["/changes.csv", "/writers.csv", "/cluster/pods.json", "/coverage.json"]
        api = ["", "/traces?background=true", "/changes", "/objects", "/coverage"]
        files += [f"/api/v1{path}" for path in (*api, f"/objects/{uid}")]
        for path in (*paths, *files):
            await self.get(path)
        html = self.texts["html"]
        for trace in set(re.findall(r'href="(/traces/[^"?#]+)"', html)):
            for show in ("sequence", "waterfall", "list"):
                await self.get(f"{trace}?show={show}")
            await self.get(f"{trace}/file")
            await self.get(f"/api/v1{trace}")
            await self.get(f"/api/v1{trace}/steps")
        found = set(re.findall(r'href="(/traces/[^"?#]+)\?[^"]*step=(\w+)', self.texts["html"]))
        assert found, "no page tells of a write"
        for trace, step in found:
            await self.get(f"{trace}/steps/{step}")
        await self._follow(html)

    async def _follow(self, html: str) -> None:
        epoch = re.search(r'data-epoch="(\w+)"', html)
        assert epoch is not None
        socket = await self._browser.ws_connect(
            f"{self._address}/live", headers={**self._cookie, "Origin": self._address.rstrip("/")}
        )
        hello = {"type": "hello", "epoch": epoch[1], "since": 0, "view": "now"}
        await socket.send_json(hello | {"filter": {"background": True}})
        while SHOWN not in self.texts["socket"]:
            self.texts["socket"] += (await socket.receive(timeout=60)).data
        await socket.close()


async def pages(address: str) -> dict[str, str]:
    """All that a viewer is shown, by what it is."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        first, held = await signed_in(browser, address, VIEWERS)
        shown = Shown(browser, address, held)
        shown.texts["html"] += first
        await shown.everything()
    return shown.texts


async def metrics(address: str) -> str:
    """All that a monitoring system is told which may list everything."""
    sent = {"Authorization": f"Bearer {VIEWERS}"}
    async with (
        aiohttp.ClientSession() as scraper,
        scraper.get(f"{address}/metrics", headers=sent) as answer,
    ):
        assert answer.status == 200
        return await answer.text()


def change(cluster: PracticeCluster) -> None:
    """Change what has secrets, and the secrets: each write is a step, and tells what changed."""
    _, made = website()
    for key, content in (("v1/pods", pod()), ("stable.example.com/v1/websites", made)):
        changed = json.dumps(content).replace("W3vXz9Rt", "W3vXz9RtAgain")
        served = cluster.store.types.find(key)
        assert served is not None, key
        again = json.loads(changed)
        again["metadata"] |= {"generation": 2, "labels": {"changed": SHOWN}}
        cluster.store.put(served, again)


async def printed(command: str, *what: str | Path) -> bytes:
    """What a command prints of a recording or a history."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", command, *what),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await running.communicate()
    assert running.returncode == 0, err.decode()
    return out + err


async def given_away(tape: Path, database: Path, aside: Path) -> dict[str, bytes]:
    """What people hand to others of a recording and of history, by what it is."""
    excerpt, part = aside / "excerpt.jsonl", aside / "part.jsonl"
    now = time.time()
    window = ("--since", f"{now - 3600:.0f}", "--until", f"{now + 60:.0f}")
    await printed("cut", "--from-history", database, *window, "--output", excerpt)
    await printed("cut", tape, *window, "--output", part)
    return {
        "export": await printed("explain", tape),
        "export of history": await printed("explain", "--from-history", database),
        "excerpt": excerpt.read_bytes(),
        "part of the tape": part.read_bytes(),
    }


@pytest.mark.parametrize("place", PLACES)
def test_each_place_is_planted(place: str) -> None:
    assert canary(place) in json.dumps([*planted(), *website()])


async def test_nothing_planted_and_no_token_is_found_anywhere(
    cluster: PracticeCluster, kubeconfig: Path, data: Path, tmp_path: Path, observe: StartObserve
) -> None:
    cluster.access.viewers[VIEWERS] = Viewer("sam", paths=frozenset({"/metrics"}))
    plant(cluster)
    tape = tmp_path / "tape.jsonl"
    loud = {"BATON_SIGN_IN": "token", "BATON_LOG_LEVEL": "DEBUG"}
    running = await observe("--kubeconfig", kubeconfig, "--record", tape, **loud)
    address = await running.url()
    await caught_up(cluster, data)
    change(cluster)
    await caught_up(cluster, data)
    found = {sort: text.encode() for sort, text in (await pages(address)).items()}
    found["metrics"] = (await metrics(address)).encode()
    assert b'resource="websites"' in found["metrics"], "metrics name what the viewer may list"
    found |= {file.name: file.read_bytes() for file in data.iterdir()}
    found["history"] = History(data).everything().encode()
    ended = await running.end()
    found |= await given_away(tape, data / "baton.sqlite3", tmp_path)
    traces = set(re.findall(r'href="/traces/([^/"?#]+)"', found["html"].decode()))
    sent = [
        await printed("otlp", each, "--from-history", data / "baton.sqlite3") for each in traces
    ]
    found["OTLP"] = b"".join(sent)
    found["tape"] = tape.read_bytes()
    for where in found.keys() - {"metrics"} - {file.name for file in data.iterdir()}:
        assert SHOWN.encode() in found[where], f"{where} was not looked into"
    found["log"] = f"{ended.out}{ended.err}".encode()
    secrets = [*map(canary, PLACES), VIEWERS, cluster.access.token]
    leaked = [
        (secret, where)
        for secret in secrets
        for where, text in found.items()
        if secret.encode() in text
    ]
    assert leaked == []
