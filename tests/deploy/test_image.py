"""The Dockerfile makes an image that is small, unprivileged and complete.

No container engine is needed: what the file copies is copied here too, and has to be enough.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eventstream import healthcheck
from eventstream.version import VERSION
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
                if copied.exists():
                    continue
                copied.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, copied)
                else:
                    shutil.copy(ROOT / source, copied)
    return tmp_path


def last(instructions: list[Instruction], wanted: str) -> str:
    return [argument for name, argument in instructions if name == wanted][-1]


def test_the_base_is_one_python_pinned_by_digest_and_no_other(
    instructions: list[Instruction],
) -> None:
    bases, stages = [], ["scratch"]
    for name, argument in instructions:
        if name == "FROM":
            base, *alias = argument.split(" AS ")
            bases += [] if base in stages else [base]
            stages += alias
    (base,) = bases
    assert re.fullmatch(r"python:3\.13\.\d+-slim-trixie@sha256:[0-9a-f]{64}", base)
    tag, _, digest = base.partition("@")
    labels = last(instructions, "LABEL")
    assert f'base.name="{tag}"' in labels
    assert f'base.digest="{digest}"' in labels


def test_a_build_with_no_arguments_says_the_projects_version(
    instructions: list[Instruction],
) -> None:
    assert f"VERSION={VERSION}" in [argument for name, argument in instructions if name == "ARG"]
    assert 'image.version="${VERSION}"' in last(instructions, "LABEL")


def test_it_runs_as_a_numbered_user_that_is_not_root(instructions: list[Instruction]) -> None:
    assert re.fullmatch(r"[1-9]\d*(:\d+)?", last(instructions, "USER"))


def test_a_user_without_a_name_has_a_home(instructions: list[Instruction]) -> None:
    assert "HOME=/tmp" in last(instructions, "ENV").split()


def test_nothing_is_fetched_but_locked_wheels(instructions: list[Instruction]) -> None:
    assert "ADD" not in {name for name, _ in instructions}
    fetching = [
        argument
        for name, argument in instructions
        if name == "RUN" and re.search(r"pip |curl|wget|apt|git ", argument)
    ]
    assert len(fetching) == 2
    for file, argument in zip(("run", "sbom"), fetching, strict=True):
        assert f"--only-binary :all: --require-hashes -r /{file}.txt" in argument


def test_the_build_context_lets_in_what_is_copied_and_nothing_more(
    instructions: list[Instruction],
) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    allowed = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    copied = {
        source
        for name, argument in instructions
        if name == "COPY" and not argument.startswith("--from")
        for source in shlex.split(argument)[:-1]
    }
    assert ignored[0] == "*", "what is not named stays outside"
    assert ignored[-1] == "**/__pycache__", "also within what is named"
    for source in copied:
        assert any(Path(source).is_relative_to(each) for each in allowed), source
    for each in allowed:
        assert any(Path(source).is_relative_to(each) for source in copied), each
    assert not [each for each in allowed if not (ROOT / each).exists()]


def test_health_is_asked_by_what_the_image_holds(instructions: list[Instruction]) -> None:
    command = json.loads(last(instructions, "HEALTHCHECK").partition("CMD ")[2])
    assert command == ["python", "-m", healthcheck.__name__]


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
