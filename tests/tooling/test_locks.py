"""What is installed is locked: each requirement by version and hash, in all files the same."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = ("run", "sbom", "dev", "tools")


def entries(lock: str) -> list[list[str]]:
    """Each locked requirement, with its hashes."""
    text = (REQUIREMENTS / f"{lock}.txt").read_text()
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    return [re.split(r" +--hash=", line) for line in lines if line and not line.startswith("#")]


def locked(lock: str) -> set[tuple[str, str]]:
    """Names and versions."""
    found = [Requirement(entry[0]) for entry in entries(lock)]
    return {(canonicalize_name(each.name), str(each.specifier)) for each in found}


def asked(lock: str) -> list[Requirement]:
    """What the file that is locked asks for."""
    lines = (REQUIREMENTS / f"{lock}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("lock", LOCKS)
def test_each_requirement_has_one_version_and_hashes_and_no_address(lock: str) -> None:
    for requirement, *hashes in entries(lock):
        found = Requirement(requirement)
        assert found.url is None
        assert re.fullmatch(r"==[^*,]+", str(found.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_is_locked_in_a_version_that_was_asked_for(lock: str) -> None:
    versions = dict(locked(lock))
    for requirement in asked(lock):
        version = versions[canonicalize_name(requirement.name)].removeprefix("==")
        assert requirement.specifier.contains(version, prereleases=True), requirement


@pytest.mark.parametrize("lock", ["run", "sbom"])
def test_what_is_tested_and_audited_is_what_is_installed(lock: str) -> None:
    assert locked(lock) - locked("dev") == set()
