"""Baton reads and never writes, and what it must not read no rule grants: held by tests."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from eventstream.kubeapi.discovery import WANTED
from tests.deploy.conftest import ROOT, Manifest

PERMISSIONS = ROOT / "deploy/base/permissions.yaml"
EXAMPLE = ROOT / "deploy/examples/custom-resources.yaml"
SCRAPER = ROOT / "deploy/chart/files/access.yaml"
AGGREGATE = {"baton.dev/aggregate-to-baton": "true"}


def role_files() -> list[Path]:
    """Those of Baton's own account; who scrapes it has another: tests/deploy/test_monitoring.py."""
    found = sorted((ROOT / "deploy").rglob("*.yaml"))
    return [path for path in found if path.parent.name != "prometheus" and path != SCRAPER]


def rules() -> list[Any]:
    """Each rule of each role in deploy/, the example included, with its file."""
    return [
        pytest.param(rule, id=f"{path.name}-{rule['apiGroups']}")
        for path in role_files()
        if path.parent.name != "templates"
        for manifest in yaml.safe_load_all(path.read_text())
        if isinstance(manifest, dict) and manifest.get("kind") in {"ClusterRole", "Role"}
        for rule in manifest.get("rules", ())
    ]


@pytest.mark.parametrize("rule", rules())
def test_a_rule_only_reads_and_names_what_it_reads(rule: Manifest) -> None:
    assert set(rule["verbs"]) == {"get", "list", "watch"}
    assert "*" not in rule["apiGroups"]
    assert "*" not in rule["resources"]
    assert not {"secrets", "configmaps", "pods/log", "pods/exec"} & set(rule["resources"])


def test_what_is_watched_is_granted_and_nothing_else(manifests: list[Manifest]) -> None:
    (role,) = [m for m in manifests if m["kind"] == "ClusterRole" and "aggregationRule" not in m]
    granted = {
        (group, plural)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
    }
    watched = {(each.group, each.plural) for versions in WANTED for each in versions}
    assert granted == watched | {("events.k8s.io", "events")}, "the latter where v1 is forbidden"


def test_the_role_is_the_one_that_the_command_prints() -> None:
    out = StringIO()
    call_command("rbac", stdout=out)
    text = PERMISSIONS.read_text()
    lines = (line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    role, _, _ = "".join(lines).partition("---\n")
    assert role == out.getvalue(), "manage.py rbac > the role in deploy/base/permissions.yaml"


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("deploy/chart/files/clusterrole.yaml", []),
        ("deploy/chart/files/role.yaml", ["--namespace=x"]),
    ],
)
def test_what_the_chart_carries_is_what_the_command_prints(path: str, arguments: list[str]) -> None:
    out = StringIO()
    call_command("rbac", *arguments, stdout=out)
    assert (ROOT / path).read_text() == out.getvalue(), f"manage.py rbac {arguments} > {path}"


def test_the_role_of_one_namespace_is_the_one_that_the_command_prints() -> None:
    out = StringIO()
    call_command("rbac", "--namespace=x", stdout=out)
    path = ROOT / "deploy/overlays/namespaced/role.yaml"
    role, binding = yaml.safe_load_all(path.read_text())
    assert role["rules"] == yaml.safe_load(out.getvalue())["rules"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]


def test_the_service_account_is_given_these_roles_and_no_other(manifests: list[Manifest]) -> None:
    bindings = [manifest for manifest in manifests if manifest["kind"].endswith("RoleBinding")]
    account = {"kind": "ServiceAccount", "name": "baton", "namespace": "baton"}
    assert all(binding["subjects"] == [account] for binding in bindings)
    roles = {m["metadata"]["name"] for m in manifests if m["kind"] == "ClusterRole"}
    assert {binding["roleRef"]["name"] for binding in bindings} == roles
    assert roles == {"baton", "baton-custom-resources"}


def test_custom_resources_are_granted_only_by_labelled_roles(manifests: list[Manifest]) -> None:
    (role,) = [manifest for manifest in manifests if "aggregationRule" in manifest]
    assert "rules" not in role, "the API server fills them in, and apply must leave them alone"
    assert role["aggregationRule"]["clusterRoleSelectors"] == [{"matchLabels": AGGREGATE}]
    labelled = [m for m in manifests if AGGREGATE.items() <= m["metadata"]["labels"].items()]
    assert labelled == [], "the base grants no custom resource by itself"
    example = yaml.safe_load(EXAMPLE.read_text())
    assert example["metadata"]["labels"] == AGGREGATE
