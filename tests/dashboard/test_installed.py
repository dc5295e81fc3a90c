"""Which Baton this is, and which cluster: in the foot, at `/version`, in titles and file names."""

import re
import tomllib
from pathlib import Path

import pytest
from django.test import Client

from eventstream import clusternames
from eventstream.models import ClusterRow
from tests.dashboard import scenes

pytestmark = pytest.mark.django_db

DECLARED = tomllib.loads(
    (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
)["project"]["version"]


def test_the_foot_and_the_address_say_the_version_that_the_project_declares(client: Client) -> None:
    foot = re.search(r"<footer.*</footer>", client.get("/").content.decode(), re.DOTALL)
    assert foot is not None
    assert f"Baton {DECLARED}" in foot[0]
    assert client.get("/version").json() == {"version": DECLARED}


def test_every_title_names_the_cluster(client: Client) -> None:
    scenes.store(scenes.nginx(100.0))
    ClusterRow.objects.create(uid="u", name="prod-eu", server="https://10.0.0.1", heartbeat=100.0)
    for path in ("/", "/traces/nginx", "/learn", "/reference", "/coverage", "/changes", "/none"):
        found = re.search(r"<title>(.*)</title>", client.get(path).content.decode())
        assert found is not None
        assert found[1].endswith(" · prod-eu · Baton"), path


def test_a_file_is_called_after_the_cluster(client: Client) -> None:
    names = {
        "": "changes.csv",
        "kind-prod": "changes-kind-prod.csv",
        "default/api.example:6443/kube:admin": "changes-default-api.example-6443-kube-admin.csv",
        '../"x"; a=b': "changes-x-a-b.csv",
        "Übung": "changes-bung.csv",
        "集群": "changes.csv",
    }
    for name, file in names.items():
        ClusterRow.objects.all().delete()
        ClusterRow.objects.create(uid="u", name=name, server="https://10.0.0.1", heartbeat=100.0)
        answer = client.get("/changes.csv")
        assert answer["Content-Disposition"] == f'attachment; filename="{file}"'


def test_a_file_of_a_cluster_with_an_endless_name_has_a_short_one() -> None:
    assert len(clusternames.in_file_name("a" * 10_000)) == clusternames.LONGEST
