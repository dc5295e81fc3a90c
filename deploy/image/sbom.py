"""Writes down what the image holds, as a CycloneDX bill of materials.

    python sbom.py --python PYTHON --project FILE --dpkg FILE --vendored DIR --out FILE

`cyclonedx-bom` lists the Python packages; this adds what it does not look at: Python itself,
Debian's packages, and the scripts of others among the static files. Runs while the image is built.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

Component = dict[str, Any]

VERSION = SchemaVersion.V1_6
_VENDORED = re.compile(r"(?P<name>[a-z-]+)-(?P<version>\d[\w.]*?)(?:\.min)?\.js")


def of_python(python: Path, project: Path) -> dict[str, Any]:
    """Return the bill of the environment of `python`, for the project that the file declares."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "environment"]
    command += ["--output-reproducible", "--sv", VERSION.to_version(), "--of", "JSON"]
    command += ["--pyproject", str(project), str(python)]
    told: dict[str, Any] = json.loads(subprocess.check_output(command))  # our own words  # nosec B603
    return told


def interpreter(python: Path) -> Component:
    """Return Python itself."""
    ask = "import platform; print(platform.python_version())"
    version = subprocess.check_output([python, "-c", ask], text=True).strip()  # our own words  # nosec B603
    return _component("generic", "python", version, "application")


def debian(status: str) -> Iterator[Component]:
    """Return each installed package of dpkg's `status` file."""
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            yield _component("deb/debian", name, version, arch=fields["Architecture"])


def vendored(directory: Path) -> Iterator[Component]:
    """Return each script there, which is called NAME-VERSION.js; ValueError for one that is not."""
    for file in sorted(directory.rglob("*.js")):
        found = _VENDORED.fullmatch(file.name)
        if found is None:
            raise ValueError(f"{file} does not say which version of what it is: NAME-VERSION.js")
        yield _component("npm", found["name"], found["version"])


def _component(
    kind: str, name: str, version: str, type_: str = "library", arch: str = ""
) -> Component:
    purl = f"pkg:{kind}/{quote(name)}@{quote(version)}" + (f"?arch={arch}" if arch else "")
    return {"bom-ref": purl, "type": type_, "name": name, "version": version, "purl": purl}


def whole(bill: dict[str, Any], more: list[Component]) -> str:
    """Return the bill with `more` in it, as JSON; ValueError where that is no valid CycloneDX."""
    components = [*bill["components"], *more]
    root = bill["metadata"]["component"]["bom-ref"]
    known = {each["ref"]: each for each in bill["dependencies"]}
    needed = {ref for each in known.values() for ref in each.get("dependsOn", ())}
    refs = {each["bom-ref"] for each in components}
    known[root] = {"ref": root, "dependsOn": sorted(refs - needed)}
    bill |= {"components": components, "dependencies": list(known.values())}
    text = json.dumps(bill, indent=1, sort_keys=True) + "\n"
    wrong = JsonStrictValidator(VERSION).validate_str(text)
    if wrong is not None:
        raise ValueError(f"no valid CycloneDX: {wrong}")
    return text


def main(arguments: list[str]) -> None:
    """Write the bill."""
    parser = argparse.ArgumentParser()
    for name in ("python", "project", "dpkg", "vendored", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    asked = parser.parse_args(arguments)
    status = asked.dpkg.read_text(encoding="utf-8")
    more = [interpreter(asked.python), *debian(status), *vendored(asked.vendored)]
    asked.out.write_text(whole(of_python(asked.python, asked.project), more), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
