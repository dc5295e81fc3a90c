"""What the image's build takes away is not missed, and what starts then is a whole Baton.

The build's own steps run here, on a copy of the packages that the image gets. The process then has
what a Pod gives it: a user that no passwd file knows, no home, and nothing that it can write to but
its data and /tmp.
"""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import aiohttp
import pytest
from packaging.requirements import Requirement

from deploy.image import slim
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.deploy.conftest import ROOT
from tests.observe.running import Observing

ANYONE = 54_321
PYTHON = Path(sys.executable).resolve()
"""Outside the virtual environment: only the copy of the packages is there to be imported."""

NAMELESS = f"""
import os, pathlib, pwd, runpy, sys
assert os.getuid() == {ANYONE} and not [each for each in pwd.getpwall() if each.pw_uid == {ANYONE}]
for place in (".", os.environ["PYTHONPATH"]):
    try:
        pathlib.Path(place, "written").write_text("")
    except OSError:
        continue
    sys.exit("the image can be written to")
sys.argv[0] = "manage.py"
runpy.run_path("manage.py", run_name="__main__")
"""
"""Begins Baton once it is sure of who it is and of what it can't do."""

APP = ("pyproject.toml", "manage.py", "dashboard", "eventstream", "static", "templates", "terminal")


def _needed() -> Iterator[str]:
    """The distributions that the image gets: those of run.txt that are for this machine."""
    text = (ROOT / "requirements" / "run.txt").read_text()
    for line in re.findall(r"^(\S+==.*?) *\\$", text, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name


def _copy_packages(target: Path) -> None:
    for name in _needed():
        found = distribution(name)
        for file in found.files or ():
            source = Path(str(found.locate_file(file)))
            if ".." in file.parts or "__pycache__" in file.parts or not source.is_file():
                continue
            copied = target / file
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copied)


class Image:
    """Where the build's steps have left packages, application and static files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packages = root / "packages"
        self.app = root / "app"
        self.took: dict[str, int] = {}

    @property
    def environment(self) -> dict[str, str]:
        """As the Dockerfile sets it."""
        return {
            "HOME": "/tmp",
            "PYTHONPATH": str(self.packages),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "BATON_STATIC_ROOT": str(self.root / "static"),
        }

    def run(self, *command: str, **environment: str) -> str:
        """Run Python on it as the build does; return what it says."""
        done = subprocess.run(
            [PYTHON, "-S", "-B", *command],
            cwd=self.app,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The image as far as it can be had without a container engine."""
    with tempfile.TemporaryDirectory() as directory:
        made = Image(Path(directory))
        made.packages.mkdir()
        made.app.mkdir()
        _copy_packages(made.packages)
        for name in APP:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
            copy(ROOT / name, made.app / name)
        for cached in list(made.app.rglob("__pycache__")):
            shutil.rmtree(cached)
        shutil.copyfile(ROOT / "deploy" / "image" / "slim.py", made.root / "slim.py")
        made.took = slim.take_away(made.packages, slim.PACKAGES)
        scratch = str(made.root / "scratch")
        made.run("manage.py", "collectstatic", "--noinput", BATON_DATA=scratch)
        made.run(str(made.root / "slim.py"), "compile", str(made.app))
        yield made


def test_each_pattern_still_takes_something_away(image: Image) -> None:
    assert [pattern for pattern, files in image.took.items() if not files] == []


def test_neither_pip_nor_a_test_nor_another_language_is_left(image: Image) -> None:
    left = {path.relative_to(image.packages) for path in image.packages.rglob("*")}
    parts = {part for path in left for part in path.parts}
    assert not parts & {"pip", "setuptools", "pytest", "tests", "test", "playwright", "mypy"}
    assert not [path for path in left if path.suffix in {".mo", ".po"}]
    models = [path.name for path in left if path.match("kubernetes/client/models/*.py")]
    assert models == ["__init__.py"]


def test_it_is_small(image: Image) -> None:
    """Of the 250 MB that the image may have, Python and Debian take about 110."""
    files = [path for path in image.root.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 138_000_000


def test_all_that_is_loaded_has_its_byte_code_and_needs_no_times(image: Image) -> None:
    asked = (
        "import sys; sys.path.insert(0, '.'); import eventstream.serving as m; print(m.__cached__)"
    )
    cached = Path(image.run("-c", asked, BATON_DATA="/none").strip())
    assert cached.is_relative_to(image.app)
    assert cached.read_bytes()[4:8] == b"\1\0\0\0", "never held against its source"
    for name in ("dashboard/views.py", "eventstream/management/commands/explain.py"):
        source = image.app / name
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"))


@contextmanager
def closed(root: Path) -> Iterator[None]:
    """Nothing there can be written to inside the block, by whom permissions bind."""
    paths = [root, *root.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(path.stat().st_mode | 0o200)


async def test_it_starts_as_any_user_with_no_home_and_nothing_to_write_to(
    image: Image, tmp_path: Path
) -> None:
    async with PracticeCluster() as cluster:
        write_kubeconfig(cluster.kubeconfig(), tmp_path / "kubeconfig")
        with closed(image.root):
            running = await _observe(image, tmp_path)
            url = await running.url()
            async with aiohttp.ClientSession() as browser:
                async with browser.get(f"{url}/login") as answer:
                    page = await answer.text()
                    assert answer.status == 200
                sheet = re.search(r'href="(/static/css/base\.[0-9a-f]+\.css)"', page)
                assert sheet is not None, "static files were collected and are hashed"
                async with browser.get(f"{url}{sheet[1]}") as answer:
                    assert answer.status == 200
            asked = image.run("-m", "eventstream.healthcheck", BATON_DATA=str(tmp_path / "history"))
            assert asked == "alive\n"
            ended = await running.end()
    assert (ended.code, ended.err) == (0, "")


async def _observe(image: Image, data: Path) -> Observing:
    """Start it as the user that has no name, and that no permission is waived for.

    Within a user namespace, where the one who runs the tests is such a user.
    """
    options = ("observe", "--host", "0.0.0.0", "--port", "0")
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--user", f"--map-user={ANYONE}", "--map-group=0"),
        *(PYTHON, "-S", "-c", NAMELESS, *options, "--kubeconfig", str(data / "kubeconfig")),
        cwd=image.app,
        env=image.environment | {"BATON_DATA": str(data / "history"), "BATON_SIGN_IN": "token"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Observing(process)


def test_a_process_does_not_load_the_command_line_of_its_expressions() -> None:
    ask = """
import sys
from eventstream.objects.health.cel_alone import cel
assert cel.evaluate("1 + 1", {}) == 2
print([each for each in ("typer", "rich", "prompt_toolkit", "pygments") if each in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_of_the_system_only_what_nobody_uses_goes(tmp_path: Path) -> None:
    for name in ("x86_64-linux-gnu/gconv/IBM037.so", "x86_64-linux-gnu/libc.so.6", "os-release"):
        (tmp_path / "usr/lib" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "usr/lib" / name).write_text("")
    assert slim.take_away(tmp_path, slim.SYSTEM) == {slim.SYSTEM[0]: 1}
    assert (tmp_path / "usr/lib/x86_64-linux-gnu/libc.so.6").exists()
    assert (tmp_path / "usr/lib/os-release").exists()


def test_what_python_has_for_developers_goes_and_the_rest_stays(tmp_path: Path) -> None:
    names = "bin/python3.13 bin/pip3 bin/pydoc3 include/python3.13/Python.h"
    library = "os.py ensurepip/__init__.py idlelib/idle.py tkinter/__init__.py turtle.py"
    modules = "_tkinter.so _testcapi.so _ssl.so"
    files = [*names.split(), "lib/python3.13/site-packages/pip/__init__.py"]
    files += [f"lib/python3.13/{name}" for name in library.split()]
    files += [f"lib/python3.13/lib-dynload/{name}" for name in modules.split()]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    slim.take_away(tmp_path, slim.INTERPRETER)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "bin/python3.13",
        "lib/python3.13/os.py",
        "lib/python3.13/lib-dynload/_ssl.so",
    }
