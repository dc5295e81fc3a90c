"""The chart's values: each is explained and bounded, and what does not fit is told plainly."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.deploy.programs import CHART, refused, run
from tests.deploy.variants import INGRESS, OIDC, PROXY, ROUTE, SHARED, VARIANTS

VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
FREE = {"resources", "nodeSelector", "labels", "annotations", "podAnnotations", "podLabels"}
FREE |= {"affinity", "files", "global"}
"""What holds names that the chart does not know."""


def paths(values: dict[str, Any], path: str = "") -> Iterator[str]:
    """Each value by its path, those with names of the reader's own as one."""
    for name, value in values.items():
        if isinstance(value, dict) and name not in FREE:
            yield from paths(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def allowed(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, each in schema["properties"].items():
        known = SCHEMA["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        if "properties" in known and name not in FREE:
            assert known["additionalProperties"] is False, f"{path}{name} takes any name"
            yield from allowed(known, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_the_schema_knows_each_value_and_no_other() -> None:
    assert sorted(allowed(SCHEMA)) == sorted([*paths(VALUES), "global"])


def test_readme_tells_of_each_value_with_its_default() -> None:
    told = {}
    for line in (CHART / "README.md").read_text().splitlines():
        if line.startswith("| `"):
            _, name, default, meaning, _ = (cell.strip() for cell in line.split("|"))
            told[name.strip("`")] = default
            assert len(meaning) > 3, line
    assert list(told) == list(paths(VALUES))
    for path, default in told.items():
        value: Any = VALUES
        for name in path.split("."):
            value = value[name]
        if default != "see values.yaml":
            assert yaml.safe_load(default.strip("`") or '""') == value, path


def test_each_value_is_tried() -> None:
    tried = {path for values in VARIANTS.values() for path in paths(values)}
    left = set(paths(VALUES)) - tried
    assert left == {
        *("image.pullPolicy", "oauth2Proxy.resources"),
        *("openshift.oauthProxy.image", "openshift.oauthProxy.resources"),
        *("auditLog.nodeSelector", "auditLog.tolerations"),
    }, "these keep their defaults, which other variants render"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sign": {}}, "additional properties 'sign' not allowed"),
        ({"signIn": {"mode": "ldap"}}, "/signIn/mode': value must be one of 'token'"),
        ({"history": {"size": "500Mi"}}, "/history/size': '500Mi' does not match pattern"),
        ({"proxyAddresses": ["everybody"]}, "/proxyAddresses/0': 'everybody' does not match"),
        ({"proxyAddresses": ["0.0.0.0/0"]}, "/proxyAddresses/0': 'not' failed"),
        ({"hosts": ["https://baton.example.com"]}, "/hosts/0': 'https://baton.example.com' does"),
        ({"hosts": ["*"]}, "/hosts/0': '*' does not match"),
        ({"image": {"digest": "sha256:1"}}, "/image/digest': 'sha256:1' does not match"),
        ({"podAnnotations": {"on": True}}, "/podAnnotations/on': got boolean, want string"),
        ({"pathPrefix": "baton/"}, "/pathPrefix': 'baton/' does not match"),
        ({"clusters": [{"name": "East"}]}, "/clusters/0/name': 'East' does not match"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_path(values: dict[str, Any], said: str) -> None:
    assert said in refused(values)


@pytest.mark.parametrize("group", ["*", "", "apps"])
def test_a_rule_of_ones_own_can_bring_in_no_secret(group: str) -> None:
    rule = {"apiGroups": [group], "resources": ["secrets"]}
    said = refused({"rbac": {"customResources": {"rules": [rule]}}})
    assert "/rbac/customResources/rules/0/apiGroups/0'" in said


@pytest.mark.parametrize("resource", ["*", "pods/log"])
def test_a_rule_of_ones_own_names_its_resources(resource: str) -> None:
    rule = {"apiGroups": ["example.com"], "resources": [resource]}
    said = refused({"rbac": {"customResources": {"rules": [rule]}}})
    assert "/rbac/customResources/rules/0/resources/0'" in said


BY_PROXY = {"signIn": {"mode": "proxy"}}
EAST = {"clusters": [{"name": "east"}], "history": {"size": "4Gi"}}
CLASHES = [
    (EAST | SHARED | {"role": "watcher"}, "set cluster to its name"),
    (EAST | {"clusterName": "eu"}, "leave cluster, clusterName and auditLog out"),
    (EAST | {"clusters": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}, "take 5184 MiB"),
    ({"cluster": "east"}, "set database.url.name to a Secret"),
    ({"signIn": {"mode": "local"}}, "nobody signs in"),
    ({"signIn": {"insecureAnyoneMayLook": True}}, "is for signIn.mode=local"),
    ({"signIn": {"mode": "oidc", "oidc": {"issuer": OIDC["issuer"]}}}, "signIn.oidc.clientId"),
    (BY_PROXY, "nothing says who the proxy is"),
    ({"ingress": INGRESS}, "set proxyAddresses to the addresses that it sends from"),
    ({"oauth2Proxy": PROXY}, "but signIn.mode is token: set it to proxy"),
    (BY_PROXY | {"oauth2Proxy": PROXY | {"image": ""}}, "set oauth2Proxy.image"),
    (BY_PROXY | {"openshift": {"oauthProxy": {"enabled": True}}}, "with the key cookie-secret"),
    (
        BY_PROXY | {"openshift": {"oauthProxy": {"enabled": True, "secret": "s"}}},
        "set openshift.route.enabled=true",
    ),
    (
        {
            "signIn": {"mode": "proxy", "proxy": {"credential": "names"}},
            "openshift": {"route": ROUTE, "oauthProxy": {"enabled": True, "secret": "s"}},
        },
        "passes no groups on",
    ),
    (
        BY_PROXY
        | {
            "oauth2Proxy": PROXY,
            "openshift": {"route": ROUTE, "oauthProxy": {"enabled": True, "secret": "s"}},
        },
        "one of them signs people in",
    ),
    (
        {"openshift": {"route": ROUTE}, "pathPrefix": "/b", "proxyAddresses": ["10.0.0.1"]},
        "leave pathPrefix empty",
    ),
    ({"ingress": {"enabled": True}, "proxyAddresses": ["10.0.0.1"]}, "set ingress.host"),
    ({"httpRoute": {"enabled": True}, "proxyAddresses": ["10.0.0.1"]}, "set httpRoute.parentRefs"),
    (
        {
            "signIn": {"mode": "proxy", "proxy": {"credential": "names"}},
            "proxyAddresses": ["10.0.0.1"],
            "watch": {"namespace": "shop"},
        },
        "needs the ClusterRole system:auth-delegator",
    ),
    (
        {"watch": {"namespace": "shop"}, "metrics": {"serviceMonitor": {"enabled": True}}},
        "set metrics.serviceMonitor.secret",
    ),
    ({"metrics": {"serviceMonitor": {"enabled": True}}}, "set networkPolicy.metricsFrom"),
    (
        BY_PROXY
        | {"oauth2Proxy": PROXY, "ingress": INGRESS}
        | {"metrics": {"serviceMonitor": {"enabled": True}}},
        "set networkPolicy.metricsFrom",
    ),
    ({"kinds": {"files": {"a.yaml": ""}, "configMap": "b"}}, "put all into one"),
    ({"notifications": {"rules": "rules: []", "configMap": "b"}}, "put all into one"),
    ({"notifications": {"secret": "a"}}, "set notifications.rules"),
    ({"replicas": 2}, "install watchers with role=watcher"),
    ({"role": "web"}, "set database.url.name and secretKey.name"),
    (
        SHARED | {"role": "watcher", "history": {"persistence": {"enabled": True}}},
        "leave history.persistence.enabled out",
    ),
    (SHARED | {"role": "web", "auditLog": {"enabled": True}}, "set auditLog where the role is"),
    ({"history": {"megabytes": 2048}}, "history.size is 2Gi, but history.megabytes"),
]


@pytest.mark.parametrize(("values", "said"), CLASHES)
def test_values_that_do_not_go_together_are_refused_with_what_to_do(
    values: dict[str, Any], said: str
) -> None:
    assert said in refused(values)


def test_all_that_does_not_go_together_is_told_at_once() -> None:
    told = refused({"signIn": {"mode": "oidc"}, "ingress": {"enabled": True}})
    assert told.count("\n- ") == 3


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_notes_say_how_to_get_there_and_who_may_look(variant: str) -> None:
    told = notes(VARIANTS[variant])
    watched = {
        "namespaced": "the namespace shop of eu-1",
        "several clusters": "3 clusters",
        "web": "2 clusters",
    }.get(variant, "the cluster")
    assert f"watches {watched}, read-only" in told
    assert "port-forward" in told or "open https://" in told or "lead people to" in told
    ends = not VARIANTS[variant].get("history", {}).get("persistence", {}).get("enabled")
    assert ("History ends with the Pod" in told) == ends
    assert ("NOBODY SIGNS IN" in told) == (variant == "local")
    assert "\n\n\n" not in told


def notes(values: dict[str, Any]) -> str:
    """What helm says after an installation, which is not made."""
    done = run(
        *("helm", "install", "baton", str(CHART), "-n", "baton", "--dry-run=client", "-f", "-"),
        said=yaml.safe_dump(values),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:\n")[2]
