"""The Dockerfile makes an image that is small, unprivileged and complete.

No container engine is needed: what the file copies is copied here too, and has to be enough.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.conftest import ROOT

Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def instructions() -> list[Instruction]:
    """The Dockerfile's instructions, continued lines joined, comments dropped."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


@pytest.fixture
def image(instructions: list[Instruction], tmp_path: Path) -> Path:
    """A directory with those files of the clone that the image gets."""
    for name, argument in instructions:
        if name == "COPY" and not argument.startswith("--from"):
            *sources, _ = shlex.split(argument)
            for source in sources:
                copied = tmp_path / source
                copied.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, copied)
                else:
                    shutil.copy(ROOT / source, copied)
    return tmp_path


def last(instructions: list[Instruction], wanted: str) -> str:
    return [argument for name, argument in instructions if name == wanted][-1]


def test_every_stage_is_the_slim_python_or_a_stage_before(instructions: list[Instruction]) -> None:
    stages: list[str] = []
    for name, argument in instructions:
        if name == "FROM":
            base, *alias = argument.split(" AS ")
            assert base in {"python:3.13-slim", *stages}
            stages += alias
    assert stages, "one stage builds, another runs"


def test_it_runs_as_a_numbered_user_that_is_not_root(instructions: list[Instruction]) -> None:
    assert re.fullmatch(r"[1-9]\d*(:\d+)?", last(instructions, "USER"))


def test_a_user_without_a_name_has_a_home(instructions: list[Instruction]) -> None:
    assert "HOME=/tmp" in last(instructions, "ENV").split()


def test_nothing_is_fetched_but_locked_packages(instructions: list[Instruction]) -> None:
    assert "ADD" not in {name for name, _ in instructions}
    fetching = [
        argument
        for name, argument in instructions
        if name == "RUN" and re.search(r"pip|curl|wget|apt|git ", argument)
    ]
    assert len(fetching) == 1
    assert "--require-hashes -r /run.txt" in fetching[0]


def test_the_build_context_lets_in_what_is_copied(instructions: list[Instruction]) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for name, argument in instructions
        if name == "COPY" and not argument.startswith("--from")
        for source in shlex.split(argument)[:-1]
    }
    assert "*" in ignored
    assert copied == allowed


def test_what_is_copied_is_enough_to_collect_static_files_and_to_start(image: Path) -> None:
    static = image / "collected"
    environment = {
        "PATH": os.environ["PATH"],
        "BATON_DATA": str(image / "scratch"),
        "BATON_STATIC_ROOT": str(static),
    }
    for command in (["collectstatic", "--noinput"], ["observe", "--help"], ["migrate"]):
        done = subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *command],
            cwd=image,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (static / "staticfiles.json").exists()
