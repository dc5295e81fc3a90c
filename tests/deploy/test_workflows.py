"""The workflows run what is pinned, with no needless right, and publish what was tested."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"

Job = dict[str, Any]


def jobs(file: Path) -> dict[str, Job]:
    found: dict[str, Job] = yaml.safe_load(file.read_text())["jobs"]
    return found


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(file).values():
        yield from job["steps"]


def commands(job: Job) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_action_is_pinned_by_commit_with_its_version_beside_it(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())
    assert len(used) == len([step for step in steps(file) if "uses" in step])
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_one_action_has_one_version_everywhere() -> None:
    used = {use for file in FILES for use in re.findall(r"uses: (.*)", file.read_text())}
    assert len(used) == len({use.partition("@")[0] for use in used})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_job_may_read_the_code_and_at_most_ask_for_its_certificate(file: Path) -> None:
    assert yaml.safe_load(file.read_text())["permissions"] == {}
    for job in jobs(file).values():
        assert job["permissions"].items() <= {"contents": "read", "id-token": "write"}.items()
        assert job["timeout-minutes"]
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_script_is_a_script_and_nothing_is_pasted_into_it(file: Path) -> None:
    for step in steps(file):
        if script := step.get("run"):
            # A value that an expression puts into a script is read as a part of the script.
            assert set(re.findall(r"\$\{\{(.*?)\}\}", script)) == set()
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_the_registry_is_the_repositorys_to_say() -> None:
    text = RELEASE.read_text()
    assert "registry: ${{ vars.REGISTRY }}" in text
    assert not re.search(r"https?://|ghcr\.io|docker\.io|quay\.io", text)


def test_only_what_was_tested_and_audited_is_published() -> None:
    release = jobs(RELEASE)
    assert ".ci/run" in commands(release["test"])
    assert "make audit" in commands(release["test"])
    assert (release["image"]["needs"], release["chart"]["needs"]) == ("test", "image")


def test_where_the_tests_run_a_user_namespace_can_be_made() -> None:
    """Docker's own seccomp profile lets nobody else call `unshare`, which some of them do."""
    container = jobs(RELEASE)["test"]["container"]
    assert container["options"] == "--cap-add SYS_ADMIN"


def test_what_is_published_is_signed_by_its_digest_and_listed() -> None:
    release = jobs(RELEASE)
    image, chart = commands(release["image"]), commands(release["chart"])
    assert 'cosign sign --yes --recursive "$IMAGE@$DIGEST"' in image
    assert "cosign attest --yes --type cyclonedx --predicate sbom.cdx.json" in image
    assert 'cosign sign --yes "$CHARTS/baton@$digest"' in chart
    (built,) = [step for step in release["image"]["steps"] if step.get("id") == "build"]
    assert built["with"]["platforms"] == "linux/amd64,linux/arm64"
    assert built["with"]["push"] is True


def test_the_image_that_is_built_here_is_tried_before_it_is_published() -> None:
    steps_ = jobs(RELEASE)["image"]["steps"]
    (tried,) = [at for at, step in enumerate(steps_) if "--read-only" in step.get("run", "")]
    (published,) = [at for at, step in enumerate(steps_) if step.get("id") == "build"]
    assert tried < published
    assert "-lt 250000000" in steps_[tried]["run"]
    assert "import pip" in steps_[tried]["run"]
