"""Looks for what is dangerous in our own code, and for what is known to be wrong with the packages.

    scripts/check_security.py              # as far as this machine can ask
    scripts/check_security.py --must-ask   # the database of vulnerabilities has to answer

bandit reads what an installation runs. pip-audit asks the package index what is known of each
locked version: where it can't be asked, that is said and fails only with `--must-ask`, for nobody
could work offline otherwise. The release workflow has it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = ("dashboard", "eventstream", "terminal", "deploy", "manage.py")
LOCKED = "requirements/dev.txt"
"""It holds what the others hold, in the same versions: tests/tooling/test_locks.py."""

ASK_SECONDS = 300

Report = dict[str, Any]


def dangers() -> Iterator[str]:
    """What bandit finds in our code."""
    options = ("--quiet", "--configfile", "pyproject.toml", "--recursive")
    try:
        found = _run("bandit", *options, *INSTALLED)
    except subprocess.TimeoutExpired:
        yield f"bandit has not ended within {ASK_SECONDS} s; try again on a machine with less to do"
        return
    if found.returncode:
        yield found.stdout or found.stderr


def known() -> Report | None:
    """What pip-audit says of each locked requirement; None where it could not ask at all."""
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
    try:
        asked = _run("pip_audit", *options, "--requirement", LOCKED)
        report: Report = json.loads(asked.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def vulnerabilities(report: Report) -> Iterator[str]:
    """A sentence for each that a version has."""
    for package in report["dependencies"]:
        for each in package.get("vulns", ()):
            mended = ", ".join(each.get("fix_versions", ())) or "none yet"
            yield (
                f"{package['name']} {package['version']} has {each['id']}. Mended in: {mended}. "
                "`make lock` takes newer versions."
            )


def unasked(report: Report | None) -> str:
    """What the database told nothing of, "" where it told of all."""
    if report is None:
        return "any package"
    missed = [each["name"] for each in report["dependencies"] if "skip_reason" in each]
    more = f" and {len(missed) - 3} more" if len(missed) > 3 else ""
    return ", ".join(missed[:3]) + more


def main(arguments: list[str]) -> int:
    """Print what is wrong; return the exit code."""
    report = known()
    wrong = [*dangers(), *(vulnerabilities(report) if report else ())]
    sys.stderr.writelines(f"{each}\n" for each in wrong)
    missed = unasked(report)
    if missed:
        sys.stderr.write(
            f"pip-audit: NOT audited here, as no database tells of {missed}. "
            "`make audit` asks again, and fails where none answers.\n"
        )
    return int(bool(wrong) or ("--must-ask" in arguments and bool(missed)))


def _run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=ASK_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
