"""One version, in `pyproject.toml`: each command and file that has to say it says that one."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from eventstream import version

ROOT = Path(__file__).resolve().parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize(
    "arguments", [["version"], ["--version"], ["observe", "--version"], ["explain", "--version"]]
)
def test_each_command_tells_batons_version_and_not_djangos(
    arguments: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"BATON_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{DECLARED}\n"


def test_manifests_run_the_image_of_this_version() -> None:
    files = list((ROOT / "deploy").rglob("kustomization.yaml"))
    images = [
        image for file in files for image in yaml.safe_load(file.read_text()).get("images", ())
    ]
    assert {image["newTag"] for image in images if image["name"] == "baton"} == {DECLARED}
    chart = yaml.safe_load((ROOT / "deploy" / "chart" / "Chart.yaml").read_text())
    assert (chart["version"], str(chart["appVersion"])) == (DECLARED, DECLARED)


def test_what_a_person_is_told_to_build_is_this_version() -> None:
    for name in ("README.md", "deploy/chart/README.md"):
        assert f"docker build -t baton:{DECLARED} ." in (ROOT / name).read_text(), name


def test_a_release_asks_for_the_version_by_what_there_is() -> None:
    command = [sys.executable, "-m", "eventstream.version"]
    assert subprocess.check_output(command, cwd=ROOT, text=True) == f"{DECLARED}\n"
    assert "python -m eventstream.version" in (ROOT / ".github/workflows/release.yml").read_text()


def test_requests_say_which_baton_asks() -> None:
    assert f"baton/{DECLARED}" == version.AGENT
