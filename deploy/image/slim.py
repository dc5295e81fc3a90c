"""Makes what the image holds small: takes away what Baton never loads, and compiles what it does.

    python slim.py packages SITE-PACKAGES    # what packages bring along for others
    python slim.py interpreter PREFIX        # what Python itself has for developers, pip first
    python slim.py system /                  # what nothing that is left would use
    python slim.py compile APP               # byte-code of what is loaded, and of nothing else

Runs while the image is built, with nothing but Python's own library, and is not in the image.
"""

import importlib
import os
import pkgutil
import py_compile
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

Patterns = tuple[str, ...]

PACKAGES: Patterns = (
    # The package's two clients: Baton reads the API's JSON by itself and uses the configuration.
    *(f"kubernetes/{client}/{part}/[!_]*.py" for client in ("client", "aio/client")
      for part in ("api", "models")),
    # Tests.
    *("**/tests", "**/test", "automat/_test"),
    # The page is English; formats of other languages are not asked for.
    *("**/locale/*/LC_MESSAGES", "django/conf/locale/[!_e]*", "django/conf/locale/e[!n]*"),
    # Applications of Django that Baton has not.
    *(f"django/contrib/{name}" for name in ("admin", "admindocs", "gis", "flatpages", "sitemaps")),
    # Servers and clients of other protocols, and a compiler of schemas.
    *(f"twisted/{name}" for name in ("conch", "mail", "names", "pair", "words")),
    "autobahn/_flatc",
    # What the command line of the library for CEL wants, and that itself: see cel_alone.py.
    "cel/cli.py",
    *(f"{name}{rest}" for name in (
        *("annotated_doc", "markdown_it", "mdurl", "prompt_toolkit", "pygments", "rich"),
        *("shellingham", "typer", "wcwidth"),
    ) for rest in ("", "[-_]*.dist-info")),
    # Its way for Pythons without an API in C.
    *("zstandard/_cffi*.so", "zstandard/backend_cffi.py"),
    # Other versions of Lua than Argo CD's scripts are run by.
    *("lupa/lua5[!2].*.so", "lupa/luajit*.so"),
    # Messages of Google's own services, which stand beside what OTLP needs.
    *(f"google/{name}" for name in (
        *("api", "cloud", "gapic", "logging", "longrunning", "rpc", "type"),
    )),
    # Types, for those who write programs.
    *(f"**/*.{suffix}" for suffix in ("pxd", "pyi", "pyx")),
)  # fmt: skip
"""Files and directories below site-packages."""

INTERPRETER: Patterns = (
    *("lib/python3.*/site-packages/*", "lib/python3.*/ensurepip", "bin/pip*"),
    *(f"lib/python3.*/{name}" for name in ("idlelib", "pydoc_data", "test", "tkinter")),
    *("lib/python3.*/turtledemo", "lib/python3.*/turtle.py"),
    *("lib/python3.*/lib-dynload/_t[ek]*", "lib/python3.*/config-3.*"),
    *("bin/idle*", "bin/pydoc*", "bin/python*-config", "include", "lib/pkgconfig", "share/man"),
)  # fmt: skip
"""Files and directories below the prefix that Python is installed in."""


SYSTEM: Patterns = ("usr/lib/*-linux-gnu*/gconv",)
"""Directories below the root: other encodings for programs in C, of which Baton runs none."""


def take_away(root: Path, patterns: Iterable[str]) -> dict[str, int]:
    """Delete what the patterns name below `root`; return how many files went by each."""
    gone = {}
    for pattern in patterns:
        gone[pattern] = 0
        for path in sorted(root.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                gone[pattern] += sum(not each.is_dir() for each in path.rglob("*"))
                shutil.rmtree(path)
            elif path.is_symlink() or path.exists():
                gone[pattern] += 1
                path.unlink()
    return gone


def _modules(package: str) -> Iterator[str]:
    found = importlib.import_module(package)
    yield package
    for each in pkgutil.walk_packages(found.__path__, f"{package}."):
        yield each.name


def load(app: Path) -> None:
    """Import what a running Baton has imported: all of its own, and what that asks for."""
    sys.path.insert(0, str(app))
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    with tempfile.TemporaryDirectory() as data:  # The settings keep a key that is nobody's.
        os.environ["BATON_DATA"] = data
        importlib.import_module("django").setup()
        for package in ("dashboard", "eventstream"):
            for module in _modules(package):
                importlib.import_module(module)


def compile_loaded() -> int:
    """Write the byte-code of each module that is loaded; return of how many.

    It is never held against its source: that would ask for times that survive being copied.
    """
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    sources = sorted(file for file in files if file and file.endswith(".py") and file != __file__)
    for source in sources:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(source, doraise=True, invalidation_mode=mode)
    return len(sources)


def main(what: str, where: str) -> str:
    """Do one of the four; return what was done."""
    root = Path(where).resolve(strict=True)
    if what == "compile":
        load(root)
        return f"compiled {compile_loaded()} modules"
    gone = take_away(
        root, {"packages": PACKAGES, "interpreter": INTERPRETER, "system": SYSTEM}[what]
    )
    return f"took {sum(gone.values())} files away"


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
