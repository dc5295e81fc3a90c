"""The roles that `manage.py rbac` prints grant what a cluster defines, and nothing beside it."""

import asyncio
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.discovery import NEW_EVENTS, plan
from eventstream.kubeapi.permissions import custom, defined
from practicecluster.cluster import PracticeCluster
from tests.kubeapi.cluster import CRD_PATH
from tests.kubeapi.scripted import ScriptedServer, json_answer
from tests.kubeapi.sites import put_definition


def answer(*names: str, token: str = "") -> dict[str, object]:
    """A page of CRDs with these names."""
    metadata = {"resourceVersion": "10", "continue": token}
    items = [{"metadata": {"name": name, "uid": f"uid-{name}"}} for name in names]
    return {"kind": "CustomResourceDefinitionList", "metadata": metadata, "items": items}


async def test_the_types_of_all_pages_are_granted(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    plurals = {f"websites{number}" for number in range(130)}
    for plural in plurals:
        put_definition(practice, plural)
    assert await defined(practice_connection) == {("stable.example.com", p) for p in plurals}


async def test_a_server_brings_nothing_built_in_into_a_role(
    server: ScriptedServer, connection: Connection
) -> None:
    odd = (
        "secrets",
        "secrets.",
        "configmaps.apps",
        "*.example.com",
        "a.b\n.c",
        "x.*",
        "leases.apps",
    )
    server.on(CRD_PATH, json_answer(answer("sites.example.com", *odd)))
    assert await defined(connection) == {("example.com", "sites")}


async def test_the_command_prints_both_roles(practice: PracticeCluster, tmp_path: Path) -> None:
    put_definition(practice)
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(practice.kubeconfig()))
    out = StringIO()
    await asyncio.to_thread(call_command, "rbac", kubeconfig=str(path), stdout=out)
    own, crds = yaml.safe_load_all(out.getvalue())
    assert own["metadata"]["name"] == "baton"
    assert crds == yaml.safe_load(custom([("stable.example.com", "websites")]))
    assert crds["metadata"]["labels"] == {"baton.dev/aggregate-to-baton": "true"}
    (rule,) = crds["rules"]
    assert rule == {
        "apiGroups": ["stable.example.com"],
        "resources": ["websites"],
        "verbs": ["get", "list", "watch"],
    }


def test_a_cluster_that_cannot_be_read_ends_it_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="kubeconfig"):
        call_command("rbac", kubeconfig=str(tmp_path / "none"), stdout=StringIO())


def test_the_role_of_one_namespace_grants_what_is_watched_there_and_nothing_else() -> None:
    out = StringIO()
    call_command("rbac", namespace="shop", stdout=out)
    (role,) = yaml.safe_load_all(out.getvalue())
    granted = {
        (group, plural)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
    }
    watched = {(each.group, each.plural) for each in plan(None, "shop").watched}
    assert granted == watched | {(NEW_EVENTS.group, NEW_EVENTS.plural)}
    assert role["kind"] == "Role"
    assert not {"nodes", "leases", "namespaces"} & {plural for _, plural in granted}


def test_crds_are_no_part_of_one_namespaces_role() -> None:
    with pytest.raises(CommandError, match="Leave --namespace out"):
        call_command("rbac", namespace="shop", context="mine", stdout=StringIO())
