"""The audit log is what Baton reads of a real server, and names who asked."""

import json
from pathlib import Path

from eventstream.objects.audit import AuditDecoder
from practicecluster.auditing import AuditLog
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.practicecluster.objects import website_crd
from tests.practicecluster.writing.test_kubectl import ADMIN, Kubectl


async def test_each_write_is_logged_as_a_real_server_does(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    async with PracticeCluster(writable=True, tls=True) as cluster:
        with AuditLog(path) as audit:
            cluster.log_writes(audit)
            write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
            kubectl = Kubectl(tmp_path)
            await kubectl("create", "deployment", "web", "--image=nginx")
            await kubectl("scale", "deployment", "web", "--replicas=2")
            status, _ = await kubectl.said("create", "deployment", "web", "--image=nginx")
            assert status == 1
            await kubectl("delete", "deployment", "web")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["verb"], line["responseStatus"]["code"]) for line in lines] == [
        ("create", 201),
        ("patch", 200),
        ("create", 409),
        ("delete", 200),
    ]
    assert {line["user"]["username"] for line in lines} == {ADMIN}
    assert lines[0]["objectRef"] == {
        "resource": "deployments",
        "namespace": "default",
        "name": "web",
        "apiGroup": "apps",
        "apiVersion": "v1",
    }
    assert lines[1]["objectRef"]["subresource"] == "scale"
    assert lines[2]["responseStatus"]["reason"] == "AlreadyExists"
    decoder = AuditDecoder(b"tests")
    records = [decoder.record(line.encode()) for line in path.read_text().splitlines()]
    assert all(record is not None for record in records)


async def test_what_the_server_writes_by_itself_is_logged_as_its_own(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    async with PracticeCluster(writable=True, tls=True) as cluster:
        with AuditLog(path) as audit:
            cluster.log_writes(audit)
            write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
            kubectl = Kubectl(tmp_path)
            await kubectl("apply", "-f", kubectl.file(website_crd(established=False)))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    told = [(line["user"]["username"], line["verb"], line["requestURI"]) for line in lines]
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/websites.stable.example.com"
    assert [each for each in told if each[0] == "system:apiserver"] == [
        ("system:apiserver", "update", f"{crd}/status")
    ] * 2
    assert [each[:2] for each in told if each[0] == ADMIN] == [(ADMIN, "create")]
