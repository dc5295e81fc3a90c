"""The Helm chart: whatever its values, what comes out is what the API takes and hangs together."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from dashboard.signin.mode import from_environment
from eventstream.kubeapi import permissions
from tests.deploy import checking, judging, parts
from tests.deploy.programs import CHART, ROOT, Manifest, kustomized, run, templated
from tests.deploy.variants import VARIANTS


@pytest.fixture(scope="module")
def rendered() -> dict[str, list[Manifest]]:
    return {name: templated(values) for name, values in VARIANTS.items()}


def rules(printed: str) -> Any:
    return yaml.safe_load(printed)["rules"]


def test_helm_finds_nothing_to_complain_of() -> None:
    done = run("helm", "lint", "--strict", "--quiet", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_installation_is_what_the_api_takes_and_hangs_together(
    variant: str, rendered: dict[str, list[Manifest]]
) -> None:
    assert judging.wrong(rendered[variant]) == []
    from_environment(parts.environment(rendered[variant]) | {"BATON_OIDC_CLIENT_SECRET_FILE": ""})


@pytest.mark.parametrize("variant", VARIANTS)
def test_its_pod_is_restricted_with_any_uid_unless_it_reads_the_hosts_log(
    variant: str, rendered: dict[str, list[Manifest]]
) -> None:
    found = judging.unrestricted(parts.pod(rendered[variant]))
    assert (found != []) == (variant == "audit log"), found


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_namespaced_object_is_the_releases_or_the_watched_namespaces(
    variant: str, rendered: dict[str, list[Manifest]]
) -> None:
    watched = VARIANTS[variant].get("watch", {}).get("namespace")
    for each in rendered[variant]:
        own = watched if watched and each["kind"] in {"Role", "RoleBinding"} else None
        assert each["metadata"].get("namespace") == own, each
        assert each["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"


def test_the_oldest_kubernetes_that_the_chart_takes_is_checked() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={checking.VERSIONS[0]}-0"


def test_as_it_is_the_chart_makes_what_kustomize_makes(
    rendered: dict[str, list[Manifest]], manifests: list[Manifest]
) -> None:
    """The same Pod, and nobody else gets in: only names, labels and plain defaults differ."""
    chart, manifests = deepcopy((rendered["as it is"], manifests))
    assert parts.baton(chart)["image"] == parts.baton(manifests)["image"]
    same = [parts.pod(chart), parts.pod(manifests)]
    told = [{e["name"]: e["value"] for e in pod["containers"][0].pop("env")} for pod in same]
    assert told[1].items() <= told[0].items()
    assert same[0] == same[1]
    for kind in ("NetworkPolicy", "Deployment"):
        specs = [parts.the(kind, each)["spec"].keys() for each in (chart, manifests)]
        assert specs[0] == specs[1]


def test_what_may_be_read_is_what_the_command_prints(rendered: dict[str, list[Manifest]]) -> None:
    found = [each for each in rendered["as it is"] if each["kind"] == "ClusterRole"]
    (plain,) = [each for each in found if "aggregationRule" not in each]
    assert plain["rules"] == rules(permissions.built_in())
    (role,) = [each for each in rendered["namespaced"] if each["kind"] == "Role"]
    own = {"apiGroups": ["example.com"], "resources": ["databases", "backups"]}
    reading = {"verbs": ["get", "list", "watch"]}
    assert role["rules"] == [*rules(permissions.within("shop")), own | reading]
    assert not {each["kind"] for each in rendered["namespaced"]} & judging.CLUSTERS


def test_to_ask_for_the_rights_of_others_is_granted_for_names_alone(
    rendered: dict[str, list[Manifest]],
) -> None:
    granting = {
        variant
        for variant, found in rendered.items()
        if any(each.get("roleRef", {}).get("name") == "system:auth-delegator" for each in found)
    }
    assert granting == {"a proxy of one's own by names", "oauth2-proxy by names"}


def test_two_releases_of_one_name_share_nothing_of_the_cluster() -> None:
    clusters = [
        {
            each["metadata"]["name"]
            for each in templated(namespace=namespace)
            if "Cluster" in each["kind"]
        }
        for namespace in ("one", "two")
    ]
    assert clusters[0].isdisjoint(clusters[1])


@pytest.mark.parametrize("variant", ["oauth2-proxy", "oauth2-proxy by names", "openshift"])
def test_people_get_to_the_proxy_alone_and_only_it_is_believed(
    variant: str, rendered: dict[str, list[Manifest]]
) -> None:
    found = rendered[variant]
    (port,) = parts.the("Service", found)["spec"]["ports"]
    assert port["targetPort"] in {"oauth2-proxy", "oauth-proxy"}
    (rule,) = parts.the("NetworkPolicy", found)["spec"]["ingress"]
    assert [each["port"] for each in rule["ports"]] == [port["targetPort"]]
    assert parts.environment(found)["BATON_PROXY_ADDRESSES"] == "127.0.0.1"


def test_below_a_path_the_proxy_and_baton_agree_where_people_sign_in_and_out(
    rendered: dict[str, list[Manifest]],
) -> None:
    found = rendered["oauth2-proxy"]
    (proxy,) = [each for each in parts.pod(found)["containers"] if each["name"] != "baton"]
    said = parts.environment(found)
    assert said["BATON_PATH_PREFIX"] == "/tools/baton"
    assert "--proxy-prefix=/tools/baton/oauth2" in proxy["args"]
    assert said["BATON_PROXY_SIGN_OUT"] == "/tools/baton/oauth2/sign_out"
    (rule,) = parts.the("Ingress", found)["spec"]["rules"]
    assert [each["path"] for each in rule["http"]["paths"]] == ["/tools/baton"]
    assert "--http-address=[::]:4180" in proxy["args"]


def test_history_is_kept_where_there_is_a_claim(rendered: dict[str, list[Manifest]]) -> None:
    claims = {
        variant: [each for each in found if each["kind"] == "PersistentVolumeClaim"]
        for variant, found in rendered.items()
    }
    assert {variant for variant, found in claims.items() if found} == {"persistent", "openshift"}
    (claim,) = claims["persistent"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert claim["spec"]["resources"]["requests"]["storage"] == "2000Gi"
    assert parts.environment(rendered["persistent"])["BATON_RETENTION_MB"] == "2000000"
    group = {v: parts.pod(rendered[v])["securityContext"].get("fsGroup") for v in claims}
    assert (group["persistent"], group["openshift"], group["as it is"]) == (10001, None, None)


def test_each_value_of_a_kinds_file_gets_to_the_pod(rendered: dict[str, list[Manifest]]) -> None:
    found = rendered["kinds of one's own"]
    assert parts.the("ConfigMap", found)["data"] == {"databases.yaml": "kinds: []\n"}
    template = parts.the("Deployment", found)["spec"]["template"]
    other = templated({"kinds": {"files": {"databases.yaml": "kinds: [ ]\n"}}})
    again = parts.the("Deployment", other)["spec"]["template"]
    notes = [each["metadata"]["annotations"]["baton.dev/kinds"] for each in (template, again)]
    assert notes[0] != notes[1], "a changed file restarts the Pod, which alone reads it"


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("baton.json", "grafana/baton.json"),
        ("rules.yaml", "prometheus/rules.yaml"),
        ("access.yaml", "prometheus/access.yaml"),
    ],
)
def test_what_the_chart_carries_of_monitoring_is_what_deploy_has(copy: str, original: str) -> None:
    kept = (CHART / "files" / copy).read_text()
    assert kept == (ROOT / "deploy" / original).read_text(), f"cp deploy/{original} {CHART}/files/"


def test_monitoring_is_what_kustomize_makes(rendered: dict[str, list[Manifest]]) -> None:
    chart, other = deepcopy(rendered["monitored"]), kustomized("deploy/monitoring")
    for kind in ("PrometheusRule", "ServiceMonitor"):
        specs = [parts.the(kind, each)["spec"] for each in (chart, other)]
        if kind == "ServiceMonitor":
            assert specs[0]["selector"] != specs[1]["selector"], "only one release of several"
            for spec in specs:
                spec["endpoints"][0] |= {"interval": "", "scrapeTimeout": ""}
                del spec["selector"]
        assert specs[0] == specs[1]
    dashboards = [parts.the("ConfigMap", each)["data"]["baton.json"] for each in (chart, other)]
    assert dashboards[0] == dashboards[1].rstrip()
    scrapers = [
        [role["rules"] for role in parts.of("ClusterRole", each) if "metrics" in str(role)]
        for each in (chart, other)
    ]
    assert scrapers[0] == scrapers[1]
    (bare,) = [
        role
        for role in parts.of("ClusterRole", rendered["monitored without names"])
        if role["metadata"]["name"].endswith("-metrics")
    ]
    assert bare["rules"] == [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]


def test_of_several_clusters_the_one_that_knows_the_scrapers_token_is_scraped_by_its_name(
    rendered: dict[str, list[Manifest]],
) -> None:
    monitor = parts.the("ServiceMonitor", rendered["several clusters"])
    front, here = monitor["spec"]["endpoints"]
    assert (front["path"], here["path"]) == ("/metrics", "/clusters/here/metrics")
    assert here["authorization"] == front["authorization"]
    assert here["relabelings"] == [{"targetLabel": "cluster", "replacement": "here"}]


def test_several_clusters_have_a_kubeconfig_and_one_has_none(
    rendered: dict[str, list[Manifest]],
) -> None:
    several = rendered["several clusters"]
    said = parts.environment(several)
    assert said["BATON_CLUSTERS"] == "here=,east,west=arn:aws:eks:eu:1:cluster/west"
    mounts = {each["name"]: each["mountPath"] for each in parts.baton(several)["volumeMounts"]}
    volumes = {each["name"]: each for each in parts.pod(several)["volumes"]}
    assert said["KUBECONFIG"] == f"{mounts['kubeconfig']}/kubeconfig"
    secret = {"secretName": "baton-kubeconfig", "items": [{"key": "config", "path": "kubeconfig"}]}
    assert volumes["kubeconfig"]["secret"] == secret
    assert {"KUBECONFIG", "BATON_CLUSTERS"}.isdisjoint(parts.environment(rendered["as it is"]))
    assert parts.environment(rendered["watchers"])["BATON_CLUSTER"] == "east"
