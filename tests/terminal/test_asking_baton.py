"""`why --server` asks a Baton that runs; the examples of docs/api.md run, by curl."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal import command
from terminal.exits import Exit
from tests.deploy.programs import ROOT
from tests.terminal.conftest import SOON

EXAMPLES = [
    each
    for each in (ROOT / "docs/api.md").read_text(encoding="utf-8").splitlines()
    if each.startswith("curl ")
]


@pytest.fixture(scope="module")
def baton(
    kubeconfig: Path, web: None, stuck: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of one that watches the cluster, in which a Deployment is whole, one stuck."""
    data = tmp_path_factory.mktemp("data")
    observing = subprocess.Popen(
        [sys.executable, "manage.py", "observe", "--port", "0", "--kubeconfig", str(kubeconfig)],
        env=os.environ | {"BATON_DATA": str(data), "BATON_SIGN_IN": "local"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert observing.stdout is not None
    said = iter(observing.stdout.readline, "")
    url = next(line for line in said if line.startswith("Dashboard: ")).split()[1].rstrip("/")
    until = time.monotonic() + SOON
    while True:  # What it has not listed yet it does not know.
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=SOON).close()
            break
        except urllib.error.HTTPError:
            assert time.monotonic() < until, "Baton has not listed each kind"
    yield url
    observing.terminate()
    observing.wait(SOON)
    observing.stdout.close()


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = command.main(words)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_baton_tells_the_same_as_the_cluster_and_where_its_page_is(
    baton: str, capsys: pytest.CaptureFixture[str], kubeconfig: Path
) -> None:
    waiting = ("--watch", "--patience", "1s", "--timeout", "120s")
    status, said, _ = asked(capsys, "deploy/api", "--server", baton, *waiting)
    assert status == Exit.STALLED
    assert "What is wrong    The image does not exist (image-not-found)" in said
    assert f"Page             {baton}/traces/" in said
    of_baton = asked(capsys, "deploy", "web", "--server", f"{baton}/", "-o", "json", *waiting)
    of_cluster = asked(capsys, "deploy", "web", "--kubeconfig", str(kubeconfig), "-o", "json")
    told, own = json.loads(of_baton[1].splitlines()[-1]), json.loads(of_cluster[1])
    assert of_baton[0] == of_cluster[0] == Exit.COMPLETE
    assert told["object"] == own["object"]
    assert told["current"] is True
    for name in ("state", "holder", "diagnosis", "title", "root"):
        assert told["trace"][name] == own["trace"][name]


def test_a_token_goes_nowhere_but_by_https(
    baton: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_TOKEN", "secret-token")
    status, _, error = asked(capsys, "pod/x", "--server", "http://baton.example.com")
    assert status == Exit.CANNOT_ASK
    assert "by HTTPS alone" in error
    assert "secret-token" not in error
    assert asked(capsys, "deploy/web", "--server", baton)[0] == Exit.COMPLETE


@pytest.mark.parametrize(
    ("words", "ended", "message"),
    [
        (["deploy/nope"], Exit.NOT_FOUND, "No object of that type and name"),
        (["gadget/x"], Exit.NOT_FOUND, "No object of that type and name"),
        (["deploy/web", "-n", "vault"], Exit.NOT_FOUND, "No object"),
        (["pod/x", "--token-file", "/nonexistent"], Exit.CANNOT_ASK, "token can't be read"),
    ],
)
def test_what_a_baton_does_not_know_ends_by_its_own_status(
    words: list[str], ended: Exit, message: str, baton: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, error = asked(capsys, *words, "--server", baton)
    assert status == ended
    assert message in error


@pytest.mark.parametrize("url", ["baton", "ftp://localhost", "http://[", "http://127.0.0.1:9"])
def test_what_is_no_baton_cannot_be_asked(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "pod/x", "--server", url)[0] == Exit.CANNOT_ASK


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_of_the_documentation_runs(example: str, baton: str) -> None:
    curl = shutil.which("curl")
    assert curl, "curl is missing: `make install` brings it on Debian"
    assert "$BATON/api/v1" in example
    done = subprocess.run(
        ["sh", "-c", example],
        env={"PATH": os.environ["PATH"], "BATON": baton, "TOKEN": "none-is-needed"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "--max-time" in example:  # It would go on.
        assert done.returncode == 28
        assert re.search(r'^event: bookmark\nid: \S+\ndata: \{"at":', done.stdout)
        return
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    if "kind=Deployment&namespace" in example:
        names = {each["object"]["name"] for each in document["items"]}
        assert names >= {"web", "api"}
    if "/outlook" in example:
        assert document["trace"]["state"] == "complete"
