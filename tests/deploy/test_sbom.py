"""The bill of materials names all that the image holds, and is valid CycloneDX."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from deploy.image import sbom
from eventstream.version import VERSION
from tests.deploy.conftest import ROOT

DPKG = """\
Package: libssl3t64
Status: install ok installed
Priority: optional
Architecture: amd64
Version: 3.5.4-1~deb13u1
Description: Secure Sockets Layer toolkit
 Version: of a line that goes on

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""


def installed(environment: Path, *names: str) -> Path:
    """An environment with just these packages; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python3.*/site-packages")
    for name in names:
        found = distribution(name)
        for file in found.files or ():
            if file.suffix in {".py", ""} or file.name == "METADATA":
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(found.locate_file(file)), packages / file)
    return environment / "bin" / "python"


def test_it_lists_packages_python_debian_and_scripts_of_others(tmp_path: Path) -> None:
    python = installed(tmp_path / "environment", "asgiref", "durationpy")
    (tmp_path / "status").write_text(DPKG)
    out = tmp_path / "bill.json"
    sbom.main(
        [
            *("--python", str(python), "--project", str(ROOT / "pyproject.toml")),
            *("--dpkg", str(tmp_path / "status"), "--vendored", str(ROOT / "static" / "vendor")),
            *("--out", str(out)),
        ]
    )
    bill = json.loads(out.read_text())
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"]) == ("baton", VERSION)
    purls = {each["purl"] for each in bill["components"]}
    asgiref = f"pkg:pypi/asgiref@{distribution('asgiref').version}"
    own = ".".join(map(str, sys.version_info[:3]))
    assert {
        asgiref,
        f"pkg:generic/python@{own}",
        "pkg:deb/debian/libssl3t64@3.5.4-1~deb13u1?arch=amd64",
        "pkg:npm/idiomorph@0.8.0",
    } <= purls
    assert not [purl for purl in purls if "gone" in purl]
    (root,) = [each for each in bill["dependencies"] if each["ref"] == about["bom-ref"]]
    assert len(root["dependsOn"]) == len(purls)


def test_what_is_no_cyclonedx_is_not_written() -> None:
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [], "dependencies": []}
    with pytest.raises(ValueError, match="no valid CycloneDX"):
        sbom.whole(bill | {"metadata": {"component": {"bom-ref": "a"}}}, [])


def test_a_script_of_others_says_its_version(tmp_path: Path) -> None:
    (tmp_path / "htmx.js").write_text("")
    with pytest.raises(ValueError, match=r"htmx\.js does not say which version"):
        list(sbom.vendored(tmp_path))
