"""The commands that README and its like tell people: each can be run as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.deploy import judging, parts
from tests.deploy.programs import ROOT, Manifest, kustomized, run

PAGES = ("README.md", "deploy/README.md", "deploy/chart/README.md")
BLOCK = re.compile(r"^```\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def commands_of(block: str) -> list[str]:
    """Each command of a block, continued lines joined, comments dropped."""
    joined = block.replace("\\\n", " ")
    return [line.partition(" # ")[0].strip() for line in joined.splitlines() if line.strip()]


def told(page: str) -> list[str]:
    """Each command of a page's blocks."""
    blocks = BLOCK.findall((ROOT / page).read_text())
    return [command for block in blocks for command in commands_of(block)]


def of(program: str, marked: str) -> list[object]:
    return [
        pytest.param(command, id=f"{Path(page).parent.name}-{command[:50]}")
        for page in PAGES
        for command in told(page)
        if command.startswith(program) and marked in command
    ]


@pytest.mark.parametrize("command", of("helm ", "deploy/chart"))
def test_helm_takes_what_is_told(command: str) -> None:
    _, _, *arguments = shlex.split(command.replace("…", "example"))
    kept = [each for each in arguments if each not in {"-i", "--create-namespace"}]
    done = run("helm", "template", *kept, "--kube-version", "1.36.0")
    assert done.returncode == 0, done.stderr
    assert judging.wrong([each for each in yaml.safe_load_all(done.stdout) if each]) == []


@pytest.mark.parametrize("command", [*of("kubectl ", " -k "), *of("oc ", " -k ")])
def test_each_directory_that_is_told_can_be_applied(command: str) -> None:
    directory = shlex.split(command)[-1]
    assert kustomized(directory)


def test_each_way_to_install_has_five_lines_at_most() -> None:
    _, _, text = (ROOT / "README.md").read_text().partition("\n## Run it in a cluster\n")
    blocks = BLOCK.findall(text.partition("\n## ")[0])
    assert len(blocks) == 5
    assert max(block.count("\n") for block in blocks) <= 5


def installed(commands: list[str]) -> list[Manifest]:
    """What the installing one of these commands makes."""
    (command,) = [each for each in commands if " -k " in each or each.startswith("helm ")]
    words = shlex.split(command.replace("…", "example"))
    if "-k" in words:
        return kustomized(words[-1])
    done = run("helm", "template", *(each for each in words[2:] if each != "-i"))
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def read(manifests: list[Manifest]) -> set[tuple[str, str]]:
    """Each Secret and key that the Pod reads."""
    found = set()
    mounted = {
        volume["name"]: volume["secret"]["secretName"]
        for volume in parts.pod(manifests)["volumes"]
        if "secret" in volume
    }
    for container in parts.pod(manifests)["containers"]:
        for entry in container.get("env", ()):
            if "valueFrom" in entry:
                reference = entry["valueFrom"]["secretKeyRef"]
                found.add((reference["name"], reference["key"]))
        set_ = [f"={entry['value']}" for entry in container.get("env", ()) if "value" in entry]
        for mount in container.get("volumeMounts", ()):
            for argument in (*container["args"], *set_):
                _, place, key = argument.partition(f"={mount['mountPath']}/")
                if place and mount["name"] in mounted:
                    found.add((mounted[mount["name"]], key))
    return found


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=f"{page}-{number}")
        for page in PAGES
        for number, block in enumerate(BLOCK.findall((ROOT / page).read_text()))
        if "create secret" in block
    ],
)
def test_a_secret_that_people_are_told_to_make_is_the_one_that_is_read(block: str) -> None:
    commands = commands_of(block)
    (making,) = [each for each in commands if "create secret generic" in each]
    name = making.partition("create secret generic ")[2].split()[0]
    keys = re.findall(r"--from-(?:literal|file)=([a-z-]+)=", making)
    made = {(name, key) for key in keys}
    asked = read(installed(commands))
    by_hand = {each for each in asked if not each[0].endswith("-tls")}  # OpenShift makes that.
    assert made == by_hand
