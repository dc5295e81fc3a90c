"""The Pod that `deploy/` makes passes the restricted Pod Security Standard and can be probed.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from dashboard import health
from tests.deploy.conftest import Manifest


def test_every_manifest_is_in_the_namespace_or_is_the_clusters(manifests: list[Manifest]) -> None:
    clusters = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    for manifest in manifests:
        namespace = manifest["metadata"].get("namespace")
        assert namespace == (None if manifest["kind"] in clusters else "baton"), manifest


def test_the_pod_is_restricted_and_leaves_the_uid_to_the_cluster(deployment: Manifest) -> None:
    spec = deployment["spec"]["template"]["spec"]
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers", "initContainers"} & spec.keys()
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_namespace_enforces_the_restricted_standard(manifests: list[Manifest]) -> None:
    (namespace,) = [manifest for manifest in manifests if manifest["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_one_writer_at_a_time(deployment: Manifest) -> None:
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_the_probes_ask_the_port_that_the_container_serves(container: Manifest) -> None:
    (port,) = container["ports"]
    assert container["args"] == [
        "observe",
        "--host",
        "0.0.0.0",
        "--port",
        str(port["containerPort"]),
    ]
    paths = {
        probe: container[probe]["httpGet"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {
        "startupProbe": {"path": "/healthz", "port": port["name"]},
        "livenessProbe": {"path": "/healthz", "port": port["name"]},
        "readinessProbe": {"path": "/readyz", "port": port["name"]},
    }


def test_a_probe_waits_until_it_is_told_why_and_one_failure_restarts_nothing(
    container: Manifest,
) -> None:
    longest = health.READ_SECONDS + health.FIRST_SECONDS
    assert container["readinessProbe"]["timeoutSeconds"] > longest
    assert container["livenessProbe"]["failureThreshold"] > 1


def test_what_is_written_to_is_a_bounded_volume(deployment: Manifest, container: Manifest) -> None:
    spec = deployment["spec"]["template"]["spec"]
    assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"])
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert set(mounts.values()) == {volume["name"] for volume in spec["volumes"]}
    assert set(mounts) == {"/data", "/tmp"}
    assert {"name": "BATON_DATA", "value": "/data/baton"} in container["env"], "made by Baton"
    assert {"memory", "cpu"} <= container["resources"]["limits"].keys()
    assert {"memory", "cpu"} <= container["resources"]["requests"].keys()


def test_only_a_port_forward_reaches_the_page(
    manifests: list[Manifest], deployment: Manifest
) -> None:
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    assert not {"Ingress", "Route", "HTTPRoute"} & by_kind.keys()
    assert by_kind["Service"]["spec"]["type"] == "ClusterIP"
    assert by_kind["Service"]["spec"]["selector"].items() <= labels
    policy = by_kind["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= labels
    assert policy["policyTypes"] == ["Ingress"]
    assert "ingress" not in policy, (
        "no rule lets anybody in; an empty list is applied anew for ever"
    )


def test_viewers_sign_in_with_a_token_of_the_cluster(container: Manifest) -> None:
    assert {"name": "BATON_SIGN_IN", "value": "token"} in container["env"]
