"""Who installs the clone gets all that runs, and both commands find it from anywhere."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from eventstream.version import VERSION
from scripts import installed

ROOT = Path(__file__).resolve().parents[2]
RUNS = ("dashboard", "eventstream", "practicecluster", "scripts", "static", "templates", "terminal")
ALONE = ("setup.py", "pyproject.toml", "manage.py", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an installation puts beside the packages that Baton needs."""
    source = tmp_path_factory.mktemp("source")
    for name in ALONE:
        shutil.copy(ROOT / name, source)
    for name in (*RUNS, "requirements"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run([sys.executable, *command], cwd=source, check=True)
    (wheel,) = source.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def test_it_has_each_file_that_runs(unpacked: Path) -> None:
    command = ["git", "ls-files", "-z", "--", *RUNS, "manage.py", "pyproject.toml"]
    tracked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    there = [name for name in tracked.split("\0") if (ROOT / name).is_file()]
    assert [name for name in there if not (unpacked / "baton" / name).is_file()] == []
    assert {path.name for path in unpacked.iterdir()} == {"baton", f"baton-{VERSION}.dist-info"}


@pytest.mark.parametrize(
    ("entry", "arguments", "said"),
    [
        ("main", ["version"], VERSION),
        ("main", ["check"], "no issues"),
        ("practice", ["--help"], "--insecure-anyone-may-look"),
        ("practice", ["--port", "0"], "baton-practice --port 8001"),
    ],
)
def test_its_commands_run_from_anywhere(
    unpacked: Path, tmp_path: Path, entry: str, arguments: list[str], said: str
) -> None:
    code = f"from baton.scripts.installed import {entry}; {entry}()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(unpacked), "BATON_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stdout + done.stderr


def test_its_history_is_kept_where_a_users_data_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert installed.data_directory() == Path("/srv/data/baton")
    for nowhere in ("", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", nowhere)
        assert installed.data_directory() == Path.home() / ".local/share/baton"
