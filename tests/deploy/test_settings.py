"""Whatever a manifest sets is a setting that Baton knows, and whatever it knows can be set."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import settings
from tests.deploy import parts
from tests.deploy.programs import ROOT, kustomized, templated
from tests.deploy.variants import VARIANTS

TABLES = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
KNOWN = set(re.findall(r"^\| `(BATON_\w+|DATABASE_URL|REDIS_URL)` \|", TABLES, flags=re.MULTILINE))
READ = re.compile(
    r"""(?:environ|values)\.get\(\s*"(BATON_\w+|DATABASE_URL|REDIS_URL)"|"""
    r"""_\w+\("(BATON_\w+|DATABASE_URL|REDIS_URL)"""
)
OWN = {"BATON_NAMESPACE", "KUBECONFIG"}
"""Set for an argument of the same manifest, by which it is known; and what kubectl has as well."""
NOT_FOR_A_POD = {"BATON_DEBUG", "BATON_PRACTICE", "BATON_STATIC_ROOT"}
"""Tracebacks for all, what `make practice` sets, and what the image says."""
Started = Callable[[dict[str, str]], dict[str, Any]]
OVERLAYS = sorted(each.name for each in (ROOT / "deploy/overlays").iterdir())


def test_each_setting_that_the_start_reads_is_listed_and_no_other() -> None:
    sources = [ROOT / "dashboard/settings.py", ROOT / "dashboard/signin/mode.py"]
    found = [READ.findall(each.read_text(encoding="utf-8")) for each in sources]
    assert {name for names in found for pair in names for name in pair if name} == KNOWN


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_sets_what_baton_knows(overlay: str) -> None:
    container = parts.baton(kustomized(f"deploy/overlays/{overlay}"))
    assert {entry["name"] for entry in container["env"]} <= KNOWN | OWN


def test_a_value_of_the_chart_sets_each_setting_that_baton_knows() -> None:
    said = {
        entry["name"]
        for values in VARIANTS.values()
        for entry in parts.baton(templated(values))["env"]
    }
    known = {name for name in said if name.startswith(("BATON_", "DATABASE_", "REDIS_"))}
    assert known == KNOWN - NOT_FOR_A_POD


def test_what_is_secret_comes_from_secrets_alone() -> None:
    entries = {entry["name"]: entry for entry in parts.baton(templated(VARIANTS["web"]))["env"]}
    for name, secret, key in (
        ("DATABASE_URL", "baton-database", "uri"),
        ("BATON_SECRET_KEY", "baton-key", "key"),
        ("REDIS_URL", "baton-redis", "uri"),
    ):
        assert entries[name] == {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": secret, "key": key}},
        }


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    """Read the settings as a start does, with these variables and no others of Baton's."""
    secret = tmp_path / "client-secret"
    secret.write_text("hush")
    here = {"BATON_DATA": str(tmp_path), "BATON_OIDC_CLIENT_SECRET_FILE": str(secret)}

    def read(said: dict[str, str]) -> dict[str, Any]:
        for name in KNOWN:
            monkeypatch.delenv(name, raising=False)
        for name, value in said.items():
            monkeypatch.setenv(name, here.get(name, value))
        return runpy.run_path(settings.__file__)

    return read


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_baton_starts_with_what_an_overlay_sets(overlay: str, started: Started) -> None:
    said = parts.environment(kustomized(f"deploy/overlays/{overlay}"))
    assert started(said)["BATON_SIGN_IN"].mode == said["BATON_SIGN_IN"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_baton_starts_with_what_the_chart_sets(variant: str, started: Started) -> None:
    values = VARIANTS[variant]
    read = started(parts.environment(templated(values)))
    assert read["BATON_SIGN_IN"].mode == values.get("signIn", {}).get("mode", "token")
    assert read["BATON_PATH_PREFIX"] == values.get("pathPrefix", "")
    assert read["BATON_RETENTION_MB"] == values.get("history", {}).get("megabytes", 512)
    hosts = values.get("hosts", []) + values.get("httpRoute", {}).get("hostnames", [])
    assert set(hosts) < set(read["ALLOWED_HOSTS"])
