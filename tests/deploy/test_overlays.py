"""Other ways to install Baton: each builds, is what the API takes, and changes what it is for."""

import re
from typing import Any

import pytest
import yaml

from dashboard.signin.mode import from_environment
from tests.deploy import judging, parts
from tests.deploy.programs import ROOT, Manifest, kustomized

DELEGATOR = "system:auth-delegator"
FOLDER = ROOT / "deploy/overlays"
OVERLAYS = sorted(each.name for each in FOLDER.iterdir())
SIGN_IN = {"oidc": "oidc", "proxy-names": "proxy"}
"""Those that change how people sign in, and nothing else but what that needs."""
SEVERAL = {"watcher", "web"}
"""Those with several Pods, each of which plays the role of that name."""
PUBLISHED = {"openshift": "Route", "ingress-oauth2-proxy": "Ingress"}


@pytest.fixture(scope="module")
def built() -> dict[str, list[Manifest]]:
    return {overlay: kustomized(f"deploy/overlays/{overlay}") for overlay in OVERLAYS}


def bound(manifests: list[Manifest]) -> set[str]:
    return {each["roleRef"]["name"] for each in manifests if each["kind"] == "ClusterRoleBinding"}


def named(manifests: list[Manifest]) -> set[tuple[str, str]]:
    return {(each["kind"], each["metadata"]["name"]) for each in manifests}


def without_env(manifests: list[Manifest]) -> list[Any]:
    kept = [each for each in manifests if each.get("roleRef", {}).get("name") != DELEGATOR]
    copies = list(yaml.safe_load_all(yaml.safe_dump_all(kept)))
    del parts.baton(copies)["env"]
    return copies


def test_the_base_is_what_the_api_takes_and_hangs_together(manifests: list[Manifest]) -> None:
    assert judging.wrong(manifests) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_what_the_api_takes_and_hangs_together(
    overlay: str, built: dict[str, list[Manifest]]
) -> None:
    assert judging.wrong(built[overlay]) == []
    from_environment(parts.environment(built[overlay]))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_its_pod_is_restricted_with_any_uid_unless_it_reads_the_hosts_log(
    overlay: str, built: dict[str, list[Manifest]]
) -> None:
    found = judging.unrestricted(parts.pod(built[overlay]))
    assert (found != []) == (overlay == "audit-log"), found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_one_writer_at_a_time_and_time_to_end(
    overlay: str, built: dict[str, list[Manifest]]
) -> None:
    spec = parts.the("Deployment", built[overlay])["spec"]
    several = overlay in SEVERAL
    how = (2, "RollingUpdate") if several else (1, "Recreate")
    assert (spec["replicas"], spec["strategy"]["type"]) == how
    if several:
        args = parts.baton(built[overlay])["args"]
        assert args[args.index("--role") + 1] == overlay
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 30


@pytest.mark.parametrize("overlay", SIGN_IN)
def test_an_overlay_for_sign_in_changes_nothing_else(
    overlay: str, manifests: list[Manifest], built: dict[str, list[Manifest]]
) -> None:
    found = built[overlay]
    assert from_environment(parts.environment(found)).mode == SIGN_IN[overlay]
    assert without_env(found) == without_env(manifests)


def test_to_ask_for_the_rights_of_others_is_granted_by_one_overlay_alone(
    manifests: list[Manifest], built: dict[str, list[Manifest]]
) -> None:
    assert DELEGATOR not in bound(manifests)
    granting = {overlay for overlay in OVERLAYS if DELEGATOR in bound(built[overlay])}
    assert granting == {"proxy-names"}
    environment = parts.environment(built["proxy-names"])
    assert from_environment(environment).proxy_credential == "names"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_an_overlay_adds_it_says_how_to_take_away(
    overlay: str, manifests: list[Manifest], built: dict[str, list[Manifest]]
) -> None:
    """Applying another leaves whole objects behind, which only a deletion takes away."""
    text = (FOLDER / overlay / "kustomization.yaml").read_text()
    said = set(
        re.findall(r"\b([a-z]+)/([a-z0-9-]+)", text.partition("Off again")[2].split("\n")[0])
    )
    added = {
        (kind.lower(), name)
        for kind, name in named(built[overlay]) - named(manifests)
        if overlay != "namespaced"  # Of another namespace altogether.
    }
    assert added <= said


@pytest.mark.parametrize(("overlay", "way"), PUBLISHED.items())
def test_what_is_published_leads_to_a_proxy_beside_baton_and_only_that_is_believed(
    overlay: str, way: str, built: dict[str, list[Manifest]]
) -> None:
    found = built[overlay]
    sign_in = from_environment(parts.environment(found))
    assert sign_in.mode == "proxy"
    assert (sign_in.proxy_credential, [str(net) for net in sign_in.proxies]) == (
        "token",
        ["127.0.0.1/32"],
    )
    (port,) = parts.the("Service", found)["spec"]["ports"]
    (rule,) = parts.the("NetworkPolicy", found)["spec"]["ingress"]
    assert [each["port"] for each in rule["ports"]] == [port["targetPort"]]
    (proxy,) = [each for each in parts.pod(found)["containers"] if each["name"] != "baton"]
    assert [each["name"] for each in proxy["ports"]] == [port["targetPort"]]
    (own,) = parts.baton(found)["ports"]
    assert f"--upstream=http://127.0.0.1:{own['containerPort']}" in proxy["args"]
    assert parts.the(way, found)["metadata"]["name"] == "baton"


def test_openshifts_proxy_gets_a_token_that_can_only_ask(built: dict[str, list[Manifest]]) -> None:
    found = built["openshift"]
    (proxy,) = [each for each in parts.pod(found)["containers"] if each["name"] != "baton"]
    assert "--scope=user:info user:check-access" in proxy["args"]
    assert "--pass-access-token=true" in proxy["args"]
    account = parts.the("ServiceAccount", found)["metadata"]
    assert f"--openshift-service-account={account['name']}" in proxy["args"]
    reference = yaml.safe_load(
        account["annotations"]["serviceaccounts.openshift.io/oauth-redirectreference.baton"]
    )
    assert reference["reference"] == {
        "kind": "Route",
        "name": parts.the("Route", found)["metadata"]["name"],
    }
    tls = parts.the("Service", found)["metadata"]["annotations"]
    secrets = {v["secret"]["secretName"] for v in parts.pod(found)["volumes"] if "secret" in v}
    assert set(tls.values()) < secrets


def test_history_outlives_the_pod_where_there_is_a_claim(built: dict[str, list[Manifest]]) -> None:
    found = built["persistent"]
    claim = parts.the("PersistentVolumeClaim", found)
    (history,) = [v for v in parts.pod(found)["volumes"] if v["name"] == "history"]
    assert history == {
        "name": "history",
        "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]},
    }
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert parts.pod(found)["securityContext"]["fsGroup"] == 10001


def test_a_team_installs_without_any_right_in_the_cluster(
    built: dict[str, list[Manifest]],
) -> None:
    found = built["namespaced"]
    assert not {each["kind"] for each in found} & judging.CLUSTERS
    assert {each["metadata"]["namespace"] for each in found} == {"my-team"}
    assert parts.the("RoleBinding", found)["subjects"][0]["namespace"] == "my-team"
    arguments = parts.baton(found)["args"]
    assert arguments[-2:] == ["--namespace", "$(BATON_NAMESPACE)"]
    (own,) = [each for each in parts.baton(found)["env"] if each["name"] == "BATON_NAMESPACE"]
    assert own["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.namespace"
