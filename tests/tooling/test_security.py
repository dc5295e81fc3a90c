"""What `make check` calls clean was looked at: our code by bandit, the packages by pip-audit."""

from pathlib import Path
from typing import Any

import pytest

from scripts import check_security
from scripts.check_security import dangers, unasked, vulnerabilities

CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
HURT = {
    "name": "idna",
    "version": "3.6",
    "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"], "aliases": ["CVE-2024-3651"]}],
}
MISSED = {"name": "yarl", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


def test_a_vulnerability_is_told_with_what_mends_it() -> None:
    assert list(vulnerabilities(report(CLEAN, HURT, MISSED))) == [
        "idna 3.6 has PYSEC-2024-60. Mended in: 3.7. `make lock` takes newer versions."
    ]


@pytest.mark.parametrize(
    ("asked", "missed"),
    [
        (report(CLEAN, HURT), ""),
        (report(CLEAN, MISSED), "yarl"),
        (report(*[MISSED] * 5), "yarl, yarl, yarl and 2 more"),
        (None, "any package"),
    ],
)
def test_what_could_not_be_asked_is_not_called_clean(
    asked: dict[str, Any] | None, missed: str
) -> None:
    assert unasked(asked) == missed


@pytest.mark.parametrize(
    ("asked", "plain", "must"),
    [(report(CLEAN), 0, 0), (report(HURT), 1, 1), (report(MISSED), 0, 1), (None, 0, 1)],
)
def test_a_release_is_only_made_of_what_was_asked(
    asked: dict[str, Any] | None, plain: int, must: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_security, "known", lambda: asked)
    monkeypatch.setattr(check_security, "dangers", lambda: iter(()))
    assert check_security.main([]) == plain
    assert check_security.main(["--must-ask"]) == must


def test_what_looks_dangerous_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "shell.py").write_text("import os\nos.system(input())\n")
    monkeypatch.setattr(check_security, "INSTALLED", (str(tmp_path),))
    (found,) = dangers()
    assert "B605" in found
    assert "shell.py:2" in found


def test_a_look_that_takes_too_long_is_no_clean_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_security, "ASK_SECONDS", 0.001)
    (found,) = dangers()
    assert "bandit has not ended" in found
